"""A client that sends the bytes it is told to, and tells what came back."""

import socket
import time
from dataclasses import dataclass, field

# What a server answers that does not understand a message, or does not trust it.
REFUSALS = {400, 408, 411, 413, 414, 417, 431, 500, 501, 505}


@dataclass
class Response:
    status: int
    fields: dict = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Outcome:
    """What came back on a connection. `state` is "open", "closed" or, where nothing came at all, "silent"."""

    responses: list
    state: str
    raw: bytes = b""

    @property
    def final(self):
        return [r for r in self.responses if r.status >= 200]

    @property
    def accepted(self):
        return sum(r.status not in REFUSALS for r in self.final)

    @property
    def is_refused(self):
        """Whether the server has said so, or has hung up without a word."""
        return any(r.status in REFUSALS for r in self.final) or (not self.final and self.state == "closed")


class Connection:
    def __init__(self, server):
        self.server = server
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        self.is_closed = False

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            self.is_closed = True

    def receive(self, patience):
        """Everything that comes until the server hangs up or is silent for so many seconds."""
        data = b""
        self.socket.settimeout(patience)
        while not self.is_closed:
            try:
                piece = self.socket.recv(65536)
            except TimeoutError:
                break
            except OSError:
                piece = b""
            self.is_closed = not piece
            data += piece
            # What belongs to an answer follows it closely.
            self.socket.settimeout(min(patience, 0.3))
        return data

    def exchange(self, data, patience=1.0, *, ends=False):
        """Sends `data`, and half-closes where nothing came of it and `ends` says so."""
        is_head = data.lstrip(b"\r\n").startswith(b"HEAD ")
        self.send(data)
        raw = self.receive(patience)
        if ends and not parse(raw, is_head):
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.is_closed = True
            raw += self.receive(patience)
        responses = [self.server.judged(r) for r in parse(raw, is_head)]
        state = "closed" if self.is_closed else "open" if raw else "silent"
        return Outcome(responses, state, raw)


def exchange(server, data, patience=1.0, *, ends=False):
    connection = Connection(server)
    try:
        return connection.exchange(data, patience, ends=ends)
    finally:
        connection.close()


def parse(raw, is_head=False):
    """The responses that `raw` holds, one behind the other."""
    responses = []
    while True:
        head, separator, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ", 2)
        if not separator or len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
            return responses
        response = Response(int(words[1]))
        for line in lines[1:]:
            name, _, value = line.partition(":")
            response.fields[name.strip().lower()] = value.strip()
        if response.status >= 200 and response.status not in (204, 304) and not is_head:
            response.body, rest = body(response.fields, rest)
        responses.append(response)
        raw = rest


def body(fields, rest):
    if "chunked" not in fields.get("transfer-encoding", ""):
        length = int(fields.get("content-length", len(rest)))
        return rest[:length], rest[length:]
    decoded = b""
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.split(b";")[0] or b"0", 16)
        decoded, rest = decoded + rest[:size], rest[size + 2 :]
        if size == 0:
            return decoded, rest


def wait_for(port, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False
