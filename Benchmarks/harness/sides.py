"""Sides that are measured in a process of their own, by one large request, or by memory."""
import base64
import functools
import random
import socket
import subprocess
import tempfile
import time
from array import array
from pathlib import Path

from .row import side
from .services import BINARIES, PEERS, PYTHON_311, PYTHON_39, gradd, process


@functools.cache
def million():
    """A file of JSON: 10^6 normally distributed numbers of eight digits, as a client writes them."""
    numbers = random.Random(0)
    file = tempfile.NamedTemporaryFile("w", suffix=".json")
    file.write("[" + ",".join(f"{numbers.gauss(0, 1):.8g}" for _ in range(10**6)) + "]")
    file.flush()
    return file


@side
def in_process(command, name, per):
    """What a process that measures itself answers, its first figure divided by `per`."""
    with process([*command, name, million().name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        def measure():
            child.stdin.write("\n")
            child.stdin.flush()
            line = child.stdout.readline()
            if not line:
                raise RuntimeError(f"{name}: no answer")
            first, *rest = map(float, line.split())
            return first / per, *rest
        measure()
        yield measure


def engine(name, per=1):
    return in_process([BINARIES / "InProcess"], name, per)


def torch(name, per=1):
    return in_process([PYTHON_311 / "python", PEERS / "torch_rows.py"], name, per)


def numpy(name):
    return in_process([PYTHON_311 / "python", PEERS / "numpy_rows.py"], name, 1)


def chainer(name):
    return in_process([PYTHON_39 / "python", PEERS / "chainer_rows.py"], name, 1)


@side
def echo(service, path):
    """Seconds to create a variable of 10^6 float32 and receive it back."""
    body = b'{"data":' + Path(million().name).read_bytes() + b"}"
    # The client takes its time too, so it only counts the bytes.
    piece = bytearray(1 << 18)
    with service.running() as running:
        def measure():
            started = time.perf_counter()
            response = running.response("PUT", path, body)
            while response.readinto(piece):
                pass
            return (time.perf_counter() - started,)
        measure()
        yield measure


@side
def memory(fill, of):
    """Resident memory that a fresh service gains by `fill`, divided by `of`."""
    def measure():
        with gradd.running() as running:
            before = running.resident()
            kept = fill(running)
            # Until what was only needed meanwhile is given back.
            time.sleep(0.5)
            grown = running.resident() - before
            del kept
            return (grown / of,)
    yield measure


@side
def slow_reader(path, count):
    """The most memory that a service gains while a client slowly reads an array of float32, over the array's own."""
    floats = array("f", map(random.Random(0).gauss, [0.0] * 10**6, [1.0] * 10**6)) * (count // 10**6)
    body = {"shape": [count], "dtype": "float32", "base64": base64.b64encode(floats.tobytes()).decode()}
    with gradd.running() as running:
        running.request("PUT", path + "?arrays=none", body)
        del body

        def measure():
            running.forget_peak()
            before = running.resident()
            with socket.create_connection(("127.0.0.1", running.port)) as client:
                client.sendall(f"GET {path}/data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                while client.recv(1 << 18):
                    time.sleep(0.002)
            return ((running.resident("VmHWM") - before) / (count * 4),)
        yield measure
