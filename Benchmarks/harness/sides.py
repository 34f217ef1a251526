"""Sides that are measured in a process of their own, by one large request, or by memory."""
import functools
import random
import subprocess
import tempfile
import time
from pathlib import Path

from .load import nothing
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
            # The service may have closed the last one while others were measured.
            running.connection.close()
            started = time.perf_counter()
            response = running.response("PUT", path, body)
            while response.readinto(piece):
                pass
            return (time.perf_counter() - started,)
        measure()
        yield measure


@side
def memory(fill, of, prepare=nothing, key="VmRSS"):
    """Resident memory that a fresh service gains by `fill`, divided by `of`; with the key `VmHWM` the most of it."""
    def measure():
        with gradd.running() as running:
            prepare(running)
            running.forget_peak()
            before = running.resident()
            _kept = fill(running)
            # Until what was only needed meanwhile is given back.
            time.sleep(0.5)
            return ((running.resident(key) - before) / of,)
    yield measure
