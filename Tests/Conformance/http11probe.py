"""Http11Probe's scored cases. They are C#, of a plain and regular kind, and are made into Python word by word."""

import re
import types

from wire import Connection

SUITES = ["Compliance", "Smuggling", "MalformedInput", "Normalization"]


def cases(folder):
    for suite in SUITES:
        text = (folder / f"src/Http11Probe/TestCases/Suites/{suite}Suite.cs").read_text()
        for block in re.findall(r"^        yield return new \w*TestCase\n        \{\n(.*?)^        \};", text, re.S | re.M):
            name = re.search(r'Id = "(.*?)"', block)[1]
            # What chance decides (bytes from C#'s generator) cannot be repeated here.
            if "Scored = false" not in block and "new Random" not in block:
                yield name, sequence(block) if "Steps =" in block else single(block)


# MARK: Playing

STATE = types.SimpleNamespace(Open="open", ClosedByServer="closed", TimedOut="silent")
VERDICT = types.SimpleNamespace(Pass="pass", Warn="warn", Fail="fail", Error="fail")


class Reply:
    """A response under the names that the suite knows it by; without one, nothing is known and nothing true."""

    def __init__(self, outcome):
        first = outcome.responses[0] if outcome and outcome.responses else None
        self.StatusCode = first.status if first else None
        self.Body = first.body.decode("latin-1") if first else ""
        self.RawResponse = outcome.raw.decode("latin-1") if outcome else ""
        self.Headers = types.SimpleNamespace(ContainsKey=lambda name: first and name.lower() in first.fields)
        self.exists = first is not None


def single(block):
    payload, judge = function(value(block, "PayloadFactory")), validator(block)

    def play(server):
        connection = Connection(server)
        outcome = connection.exchange(bytes(payload(context(server))), 1.5)
        connection.close()
        reply = Reply(outcome)
        return judge(reply if reply.exists else None, outcome.state)

    return play


def sequence(block):
    payloads = [function(value(step, "PayloadFactory")) for step in block.split("new SequenceStep")[1:]]
    judge = function(value(block, "Validator"))

    def play(server):
        connection, steps = Connection(server), []
        for payload in payloads:
            executed = not connection.is_closed
            outcome = connection.exchange(bytes(payload(context(server))), 1.5) if executed else None
            state = outcome.state if outcome else "closed"
            steps.append(types.SimpleNamespace(Executed=executed, ConnectionState=state, Response=Reply(outcome)))
        connection.close()
        return judge(steps)

    return play


def context(server):
    return types.SimpleNamespace(HostHeader=f"localhost:{server.port}")


def validator(block):
    custom = value(block, "CustomValidator")
    if custom:
        return function(custom) if "=>" in custom else eval(custom, dict(WORDS))
    statuses = range(400, 401) if "Exact(400)" in block else range(200, 300)
    closes = "AllowConnectionClose = true" in block

    def judge(response, state):
        if response is None:
            return "pass" if closes else "fail"
        return "pass" if response.StatusCode in statuses else "fail"

    return judge


def echo_validator(body):
    def judge(response, state):
        is_good = response and 200 <= response.StatusCode < 300 and response.Body.rstrip("\r\n") in (body, "OK")
        return "pass" if is_good else "fail"

    return judge


def header_validator(*_):
    """No server here shows the fields that it got, so what it accepted it has not made into another field."""
    return lambda response, state: "pass" if response or state == "closed" else "fail"


# MARK: Reading C#


def value(block, name):
    """What `name` is set to: a lambda with its body, or an expression."""
    # Up to the next setting, or to the end of what they all belong to.
    found = re.search(rf"^( *){name} = (.*?)(?=\n\1\w|\n(?!\1|\s*\n)|\Z)", block, re.S | re.M)
    return found and found[2].rstrip().rstrip(",")


def function(text):
    """A lambda, as a Python function."""
    names, body = text.split("=>", 1)
    names = names.strip(" ()").replace("_", "unused") or "unused"
    if not body.strip().startswith("{"):
        body = "{\nreturn " + body.strip() + ";\n}"
    lines = [f"def made({names}):"]
    depth, once = 0, False
    for statement in statements(body):
        if statement in "{}":
            depth += 1 if statement == "{" else -1
            once = False
            continue
        header = re.match(r"(if|for) \((.*)\)$", statement)
        lines.append("    " * (depth + once) + (line(header) if header else simple(statement)))
        once = bool(header)
    scope = dict(WORDS)
    exec("\n".join(lines), scope)
    return scope["made"]


def statements(body):
    """Braces, headers and statements, one each, without comments."""
    body = re.sub(r"(^|[\s;])// .*$", r"\1", body, flags=re.M)
    string = r'\$?"(?:\\.|[^"\\])*"'
    condition = r"(?:if|for) \((?:[^()\"]|" + string + r"|\((?:[^()\"]|" + string + r")*\))*\)"
    words = re.findall(rf"\s*({condition}|[{{}}]|(?:{string}|[^;{{}}\"])+;)", body)
    return [" ".join(word.split()) if '"' not in word else word.replace("\n", " ") for word in words]


def line(header):
    if header[1] == "if":
        return f"if {expression(header[2])}:"
    name, count = re.fullmatch(r"var (\w+) = 0; \1 < ([\d_]+); \1\+\+", header[2]).groups()
    return f"for {name} in range({count}):"


def simple(statement):
    statement = re.sub(r"^(?:var|const string|byte\[\]) ", "", statement.rstrip(";"))
    copy = re.fullmatch(r"(\w+)\.CopyTo\((\w+), (.*)\)", statement)
    if copy:
        return f"copy({copy[1]}, {copy[2]}, {expression(copy[3])})"
    keyword = "return " if statement.startswith("return ") else ""
    return keyword + expression(statement.removeprefix("return "))


def expression(text):
    strings = []

    def keep(match):
        strings.append(re.sub(r"^\$", "f", match[0]))
        return f"STRING{len(strings) - 1}_"

    text = re.sub(r'(\w+)\.ToString\("x"\)', r"format(\1, 'x')", text)
    text = re.sub(r'\$?"(?:\\.|[^"\\])*"', keep, text)
    for pattern, replacement in REWRITES:
        text = re.sub(pattern, replacement, text)
    choice = re.fullmatch(r"(.*?)\s\?\s(.*)\s:\s(.*)", text, re.S)
    text = f"({choice[2]}) if ({choice[1]}) else ({choice[3]})" if choice else text
    return re.sub(r"STRING(\d+)_", lambda m: strings[int(m[1])], text).strip()


COMPARISON = r"(?:[<>]=?\s*)?[\w.]+"
PATTERN = rf"(?:not )?\(?{COMPARISON}(?: (?:or|and) {COMPARISON})*\)?"
REWRITES = [
    (r"\bis not null\b", "is not None"),
    (r"\bis null\b", "is None"),
    (rf"([\w.\[\]?]+) is (?!None|not None)({PATTERN})", lambda m: fits(m[1], m[2])),
    (r"\?\.", "."),
    (r"\?\?", " or "),
    (r"&&", " and "),
    (r"\|\|", " or "),
    (r"!(?=[\w(])", " not "),
    (r"new string\(('.'), ([\d_]+)\)", r"\1 * \2"),
    (r"new StringBuilder\(\)", "Text()"),
    (r"new byte\[(.*)\]", r"bytearray(\1)"),
    (r"= (\[0x.*\])", r"= bytes(\1)"),
    (r"([\w.]+)\.Length", r"len(\1)"),
]


def fits(subject, pattern):
    """`subject is pattern`: patterns are numbers, comparisons and names, with `not`, `and` and `or` between."""
    negated = pattern.startswith("not ")
    closing = ")" if pattern.count(")") > pattern.count("(") else ""
    words = re.findall(rf"or|and|{COMPARISON}", pattern.removeprefix("not ").strip("()"))
    tests = [w if w in ("or", "and") else f"{subject} {w if w[0] in '<>' else '== ' + w}" for w in words]
    return f"({'not ' if negated else ''}({subject} is not None and ({' '.join(tests)}))){closing}"


class Text:
    """C#'s StringBuilder."""

    def __init__(self):
        self.parts = []

    def Append(self, part):
        self.parts.append(part)

    def ToString(self):
        return "".join(self.parts)


def copy(source, target, offset):
    target[offset : offset + len(source)] = source


ASCII = types.SimpleNamespace(GetBytes=lambda text: text.encode("ascii"), GetByteCount=len)
WORDS = {
    "TestVerdict": VERDICT,
    "ConnectionState": STATE,
    "MakeRequest": ASCII.GetBytes,
    "Encoding": types.SimpleNamespace(ASCII=ASCII),
    "string": types.SimpleNamespace(IsNullOrEmpty=lambda text: not text),
    "CountHttpStatusLines": lambda raw: len(re.findall(r"HTTP/\d\.\d \d{3}", raw)),
    "IsStaticResponse": lambda body: body == "OK",
    "GetEffectiveBody": lambda response: response.Body.rstrip("\r\n"),
    "EchoValidator": echo_validator,
    "MakeValidator": header_validator,
    "Text": Text,
    "copy": copy,
}
