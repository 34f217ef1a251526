"""The table in Markdown, and where it was measured."""
import datetime
import os
import re
import subprocess
from pathlib import Path

from .services import BENCHMARKS, PROJECT, PYTHON_311, PYTHON_39

PAGE = PROJECT / "docs/performance.md"
START, END = "<!-- table -->", "<!-- /table -->"
HEAD = "| row | what | ours | peer | its figure | ratio | bar | |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
SCALES = {
    "s": [(1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
    "B": [(2**20, "MiB"), (2**10, "KiB"), (1, "B")],
}


def number(value):
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def quantity(value, unit):
    for scale, name in SCALES.get(unit, [(1, unit)]):
        if value >= scale:
            return f"{number(value / scale)} {name}"
    return f"{number(value / scale)} {name}"


def cell(figures, values):
    return ", ".join(f"{figure.what} {quantity(value, figure.unit)}".strip()
                     for figure, value in zip(figures, values))


def lines(result):
    """The lines of the table for one result: one for each peer, or one alone."""
    row = result.row
    if result.failure:
        return [line(f"`{row.name}`", row.what, "", "", "", "", "", f"**failed**: {result.failure}")]
    ours = [f"`{row.name}`", row.what, cell(row.figures, result.medians[0])]
    limits = [(f"≤ {quantity(figure.at_most, figure.unit)}", value <= figure.at_most)
              for figure, value in zip(row.figures, result.medians[0]) if figure.at_most is not None]
    if not row.peers:
        return [line(*ours, "", "", "", *verdict(limits, result))]
    texts = []
    for index, peer in enumerate(row.peers):
        ratios = list(result.ratios(index))
        bars = [(peer.bar, all(peer.holds(of) for of, _, _ in ratios))] if peer.bar else []
        texts.append(line(
            *ours, peer.name, cell(row.figures, result.medians[index + 1]),
            ", ".join(f"{number(of)} × ({number(least)} to {number(most)})" for of, least, most in ratios),
            *verdict(bars + limits, result)))
        # Ours stands once.
        ours, limits = ["", "", ""], []
    return texts


def line(*cells):
    return f"| {' | '.join(cells)} |"


def verdict(bars, result):
    """The bars, and whether all of them are held; what was disturbed says nothing about that."""
    held = "" if not bars else "yes" if all(holds for _, holds in bars) else "**no**"
    return ", ".join(text for text, _ in bars), "disturbed" if result.disturbed else held


def write(results, conditions):
    """Puts the table between its markers in docs/performance.md."""
    table = "\n".join([HEAD, *(text for result in results for text in lines(result))])
    page = PAGE.read_text()
    before, rest = page.split(START)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{START}\n{conditions}\n\n{table}\n{END}{after}")


def conditions(rounds):
    """When, of what, where and with what is measured."""
    processor = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", processor)
    vectors = "AVX-512" if "avx512f" in processor else "AVX2" if "avx2" in processor else "no AVX2"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = first_match(r'PRETTY_NAME="(.*)"', ["cat", "/etc/os-release"])
    commit = output(["git", "-C", str(PROJECT), "describe", "--always", "--dirty"]).strip()
    python_39, python_311 = PYTHON_39 / "python", PYTHON_311 / "python"
    versions = {
        "Swift": first_match(r"Swift version (\S+)", ["swift", "--version"]),
        "nginx": first_match(r"nginx/(\S+)", ["nginx", "-v"]),
        "Hummingbird": first_match(r'hummingbird", exact: "(.*)"', ["cat", BENCHMARKS / "Package.swift"]),
        "wrk": first_match(r"wrk (?:debian/)?([\d.]+)", ["wrk", "-v"]),
        **{name: package(python_311, name) for name in ["torch", "numpy", "fastapi", "uvicorn", "orjson"]},
        **{name: package(python_39, name) for name in ["chainer", "flask", "gunicorn"]},
    }
    model = model[1] if model else os.uname().machine
    return (f"{datetime.date.today()}, commit {commit}, {rounds} rounds; {os.cpu_count()} processors "
            f"({model}, {vectors}), {memory:.0f} GiB, {system}, Linux {os.uname().release}; "
            + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")


def output(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return done.stdout + done.stderr


def first_match(pattern, command):
    found = re.search(pattern, output(command))
    return found[1] if found else "unknown"


def package(python, name):
    return output([python, "-c", f"import importlib.metadata as m; print(m.version('{name}'))"]).strip()
