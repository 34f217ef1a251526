"""What the fuzz targets start from: the inputs of the tests, and the words of the languages that are spoken."""

import json
import re
import struct
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
HEAD = "HTTP/1.1\r\nHost: x\r\n"


def write(target, folder):
    """Writes the seeds of a target, a file each, and its dictionary, whose path is returned."""
    for number, seed in enumerate(SEEDS[target]()):
        (folder / f"{number:04}").write_bytes(seed)
    words = folder.parent / f"{target}.dict"
    words.write_text("".join(f'"{quoted(word)}"\n' for word in WORDS[target]()))
    return words


def quoted(word):
    """As libFuzzer's dictionaries want it: with every byte but letters and digits as \\xHH."""
    return "".join(c if c.isalnum() else "".join(f"\\x{b:02x}" for b in c.encode()) for c in word)


# MARK: Seeds


def http():
    """The rows of the parser's tests that are plain text."""
    for path in sorted((TESTS / "ServerTests/HTTP").glob("*Tests.swift")):
        for row in re.findall(r'"((?:GET|PUT|HEAD|OPTIONS) (?:[^"\\]|\\[rn"\\t])*)"', path.read_text()):
            text = row.replace(r"\r", "\r").replace(r"\n", "\n").replace(r"\t", "\t").replace(r"\"", '"')
            yield f"\x05{text}\r\n\r\n".encode()
    for chunks in "5\r\nhello\r\n0\r\n\r\n", '2 ; a = "x;\\"y" ;b\r\nab\r\n0;b=c\r\nX: y\r\n\r\n':
        yield f"\x01PUT / {HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks}GET /n {HEAD}\r\n".encode()


def commands():
    """The requests of the documents, in order: method, path and body."""
    for page in "README.md", "docs/api.md":
        for command in re.findall(r"^\$ curl (.*)", (ROOT / page).read_text(), re.MULTILINE):
            method = re.search(r"-X '?([A-Z]+)", command)
            target = re.search(r"localhost:8080(/[^\s'\"]*)", command)
            body = re.search(r"-d '([^']*)'", command)
            fields = re.findall(r"-H '([^']*)'", command)
            if target:
                yield method[1] if method else "POST" if body else "GET", target[1], fields, body[1] if body else ""


def request(method, target, body, fields=()):
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"{method} {target} {HEAD}{lines}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def requests():
    """The documents' requests, each behind those that its graph may need, and every op's first fixture as a run."""
    made = [request(method, target, body, fields) for method, target, fields, body in commands()]
    for number in range(len(made)):
        yield b"".join(made[max(0, number - 6) : number + 1])
    for fixture in fixtures():
        steps = [{"op": fixture["op"], "inputs": fixture["inputs"], "args": fixture["args"], "output": "y"}, {"get": "y"}]
        if all(isinstance(value, dict) for value in fixture["inputs"]):
            names = [f"x{number}" for number, _ in enumerate(fixture["inputs"])]
            leaves = [{"variable": name, **value} for name, value in zip(names, fixture["inputs"])]
            seed = {"output": "y", "grad_outputs": fixture.get("gy"), "enable_double_backprop": True}
            steps = leaves + [steps[0] | {"inputs": names}, {"backward": seed}]
        yield request("POST", "/v1/run", json.dumps({"steps": steps}))
    for formula in formulas():
        yield request("POST", "/v1/eval", json.dumps({"expr": formula, "variables": {"x": [1, 2], "y": 3}}))


def fixtures():
    """One fixture of each op, of those that are short."""
    seen = set()
    for path in sorted((TESTS / "Fixtures/ops").glob("*.json")):
        for fixture in json.loads(path.read_text()):
            if isinstance(fixture, dict) and len(json.dumps(fixture)) < 3000 and fixture.get("op") not in seen:
                seen.add(fixture["op"])
                yield {"args": {}, "inputs": [], **fixture}


def formulas():
    for formula in json.loads((TESTS / "Fixtures/formulas.json").read_text()):
        yield formula["expr"]
    yield "a = softmax(x, axis=1); b, c = split_axis(x, 3, axis=1); a[0:1, ..., None] @ b[::-1] # ok"
    for fixture in fixtures():
        yield f"{fixture['op']}(x, y)"


def bodies():
    for number, (_, _, _, body) in enumerate(commands()):
        yield chr(number % 9).encode() + body.encode()
    for number, fixture in enumerate(fixtures()):
        for value in fixture["inputs"]:
            yield chr(number % 9).encode() + json.dumps(value)[:1500].encode()


def numbers():
    text = (TESTS / "ServerTests/JSON/NumberReaderTests.swift").read_text()
    for number in sorted(set(re.findall(r'"(-?[0-9][0-9.eE+-]*)"', text))):
        yield number.encode()
    yield from (b"1" + b"0" * 400, b"0." + b"0" * 330 + b"1e300", b"5e-324", b"65519.99", b"1.7976931348623158e308")


def npy():
    """As FormatTests makes them: a header as NumPy's, and bytes."""
    for code, size in ("<f4", 4), (">f8", 8), ("|u1", 1), ("|b1", 1), ("<i8", 8), ("<f2", 2), ("<c8", 8):
        for shape, count in ("()", 1), ("(3,)", 3), ("(2, 2)", 4), ("(0, 4)", 0):
            for order in "False", "True":
                for version, width in (1, "<H"), (2, "<I"):
                    text = f"{{'descr': '{code}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
                    start = b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, len(text))
                    yield start + text + bytes(range(size * count))


SEEDS = {
    "http": http,
    "json": bodies,
    "numbers": numbers,
    "formula": lambda: (formula.encode() for formula in formulas()),
    "npy": npy,
    "requests": requests,
}

# MARK: Words

FIELDS = ["Content-Length: ", "Transfer-Encoding: chunked\r\n", "Host: x\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n"]
METHODS = ["GET ", "PUT ", "POST ", "DELETE ", "HEAD ", "OPTIONS * ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "\r\n\r\n", "0\r\n\r\n"]
SYMBOLS = ["**", "//", "@", "...", "None", "True", "==", ";", "axis=", "[::-1]"]


def keys():
    """The keys of the documents' bodies, and words of JSON."""
    found = {key for _, _, _, body in commands() for key in re.findall(r'"\w+":', body)}
    return sorted(found) + ['"NaN"', '"-Infinity"', "null", "true", "false", "\\u", "\\ud800", "1e999", "[[", "]]"]


def ops():
    return re.findall(r"^\| `(\w+)`", (ROOT / "docs/ops.md").read_text(), re.MULTILINE)


def paths():
    return sorted({re.sub(r"\?.*", "", target) for _, target, _, _ in commands()} | {"?arrays=base64", "?pretty", "?limit="})


WORDS = {
    "http": lambda: METHODS + FIELDS + ["http://", "Transfer-Encoding: gzip"],
    "json": keys,
    "numbers": lambda: ["e", "E-", ".", "-", "0000000000", "9999999999999999", "e308", "e-324"],
    "formula": lambda: ops() + SYMBOLS,
    "npy": lambda: ["'descr': ", "'fortran_order': True", "'shape': ", "<f4", ">i8", "|b1"],
    "requests": lambda: METHODS + FIELDS + keys() + [f'"{op}"' for op in ops()] + paths() + ["If-Match: *", "Idempotency-Key: a"],
}
