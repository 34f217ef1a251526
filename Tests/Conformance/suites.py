"""Public suites of requests, at pinned commits. A case is a name and what judges a server: "pass", "warn" or "fail"."""

import json
import re
import tarfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import http11probe
from wire import REFUSALS, exchange

FOLDER = Path(__file__).parent / ".suites"


@dataclass(frozen=True)
class Case:
    name: str
    judge: Callable


@dataclass(frozen=True)
class Suite:
    name: str
    repository: str
    commit: str
    cases: Callable

    def load(self):
        """The cases; the suite is fetched where it is not there yet."""
        folder = FOLDER / f"{self.name}-{self.commit}"
        if not folder.exists():
            url = f"https://codeload.github.com/{self.repository}/tar.gz/{self.commit}"
            FOLDER.mkdir(exist_ok=True)
            with urllib.request.urlopen(url) as stream, tarfile.open(fileobj=stream, mode="r|gz") as archive:
                archive.extractall(FOLDER, filter="data")
            (FOLDER / f"{self.repository.split('/')[1]}-{self.commit}").rename(folder)
        return [Case(name, judge) for name, judge in self.cases(folder)]


def with_host(data):
    """Puts in `Host`, which is nothing to a suite for parsers, and without which a server must refuse."""
    if re.search(rb"^host\s*:", data, re.IGNORECASE | re.MULTILINE):
        return data
    return re.sub(rb"^([!-~]+ [!-~]+ HTTP/1\.1\r\n)", rb"\1Host: localhost\r\n", data, flags=re.MULTILINE)


def judges(data, count, then=None):
    """Judges that `count` messages are answered; and `then` is "refused" or, where it is no matter, "anything"."""

    def judge(server):
        outcome = exchange(server, with_host(data), ends=then == "refused")
        # A method or a coding that a server does not have has been understood: 501 says so (RFC 9110, 9.1; 9112, 6.1).
        understood = [r.status not in REFUSALS or (count and r.status == 501) for r in outcome.final]
        if not all(understood[:count]) or len(understood) < count:
            return "fail"
        if then == "refused":
            ends = outcome.is_refused or outcome.state == "closed"
            return "fail" if any(understood[count:]) else "pass" if ends else "warn"
        return "pass" if then or len(understood) == count else "fail"

    return judge


def unescaped(data):
    r"""`data` with its \r, \n, \t, \f, \0 and \xHH made into what they stand for."""
    plain = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"f": b"\f", b"0": b"\0"}
    return re.sub(
        rb"\\(?:x([0-9a-fA-F]{2})|([rntf0]))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else plain[m[2]], data)


def gunicorn(folder):
    """tests/requests: a file is one text, its line ends spelled out. What asks for settings, or for gunicorn's own limits,
    is left out."""
    for path in sorted((folder / "tests/requests").glob("*valid/*.http")):
        expected = path.with_suffix(".py").read_text()
        if "cfg.set(" in expected or "LimitRequest" in expected:
            continue
        data = unescaped(path.read_bytes().replace(b"\n", b""))
        is_valid = path.parent.name == "valid"
        count = len(re.findall(r'^\s*"method":', expected, re.MULTILINE)) if is_valid else 0
        yield f"{path.parent.name}/{path.stem}", judges(data, count, None if is_valid else "refused")


def llhttp(folder):
    """test/request/*.md: a request, and what the parser logs. The lenient modes, and protocols
    other than HTTP, are left out."""
    pattern = re.compile(r"(.+?)\n.*<!-- meta=(\{.*?\})\s*-->\s*```http\n(.*?)\n```\s*```log\n(.*?)```", re.DOTALL)
    for path in sorted((folder / "test/request").glob("*.md")):
        for section in re.split(r"^#+ ", path.read_text(), flags=re.MULTILINE):
            found = pattern.match(section)
            is_plain = found and json.loads(found[2]) == {"type": "request"} and "${" not in found[3]
            if not is_plain or re.search(r'protocol\]="(?:RTSP|ICE)', found[4]):
                continue
            text = found[3].replace("\\\n", "").replace("\n", "\r\n")
            count, pauses = found[4].count("message complete"), "Pause on" in found[4]
            then = "anything" if pauses else "refused" if "error code" in found[4] else None
            if count or then:
                yield f"{path.stem}: {found[1]}", judges(unescaped(text.encode()), count, then)


def h1spec(folder):
    """http_test.ts: a request, and the statuses that may answer it, or silence."""
    pattern = re.compile(
        r'request: "((?:[^"\\]|\\.)*)",\s*description: "(.*?)",\s*expectedStatus: (\[\[.*?\]\]),'
        r'(?:\s*expectedTimeout: (true))?(?:\s*expectedBody: "(.*?)")?', re.S)
    for text, title, statuses, waits, body in pattern.findall((folder / "http_test.ts").read_text()):
        data = text.encode().decode("unicode_escape").encode("latin-1")
        yield title, h1spec_judge(data, json.loads(statuses), bool(waits), body.encode())


def h1spec_judge(data, statuses, waits, body):
    def judge(server):
        outcome = exchange(server, data, 0.5)
        if waits or not outcome.responses:
            return "pass" if waits and outcome.state == "silent" else "fail"
        first = outcome.responses[0]
        is_expected = any(least <= first.status <= most for least, most in statuses)
        is_body = first.status != 200 or not body or first.body in (body, b"OK")
        return "pass" if is_expected and is_body else "fail"

    return judge


SUITES = [
    Suite("http11probe", "MDA2AV/Http11Probe", "95bc6a991b2ad2bddd61d58c92c36d543d895ffa", http11probe.cases),
    Suite("llhttp", "nodejs/llhttp", "01e105a30fd06e248bc8ac73c4adb34a63d4114a", llhttp),
    Suite("gunicorn", "benoitc/gunicorn", "65ac1a3a4c0aa00960968c720d6e6bd2ac32f1b9", gunicorn),
    Suite("h1spec", "uNetworking/h1spec", "f0a5650a20c575fbea0f7179a3a9cfa50f20ba6e", h1spec),
]
