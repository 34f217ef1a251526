"""Sides that ask a service with wrk."""
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from .row import side
from .services import ENVIRONMENT, gradd

# How long a load lasts.
seconds = 2


class Request(NamedTuple):
    method: str
    path: str
    body: str | None = None


HEALTH = Request("GET", "/health")


def wrk(service, connections, request):
    """Requests a second, and the median and 99th percentile of the seconds that one takes."""
    lines = [f'wrk.method = "{request.method}"']
    if request.body:
        lines += [f"wrk.body = [==[{request.body}]==]", 'wrk.headers["Content-Type"] = "application/json"']
    script = service.folder / "request.lua"
    script.write_text("\n".join(lines))
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", script,
         f"http://127.0.0.1:{service.port}{request.path}"],
        check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"{request.method} {request.path}:\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), percentile(output, 50), percentile(output, 99)


def percentile(output, of):
    number, unit = re.search(rf"{of}%\s+([\d.]+)(us|ms|s)", output).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def nothing(service):
    """No preparation, and nothing beside."""


@side
def load(service, connections, request, prepare=nothing, beside=nothing):
    """Requests a second, median, 99th percentile; what `beside` gives is kept during each measurement."""
    with service.running() as running:
        prepare(running)

        def measure():
            _kept = beside(running)
            return wrk(running, connections, request)
        yield measure


@side
def seconds_each(request, prepare, connections):
    """Seconds from one reply to the next. A `request` that is a function is asked for it."""
    with gradd.running() as running:
        prepare(running)
        asked = request(running) if callable(request) else request
        yield lambda: (1 / wrk(running, connections, asked)[0],)


@side
def health_beside(heavy, prepare, connections=16):
    """Median and 99th percentile of /health while heavy requests run, one after the other."""
    with gradd.running() as running:
        prepare(running)

        def measure():
            done = threading.Event()

            def work():
                while not done.is_set():
                    running.request(*heavy)

            with ThreadPoolExecutor() as pool:
                working = pool.submit(work)
                try:
                    figures = wrk(running, connections, HEALTH)
                finally:
                    done.set()
                working.result()
                return figures[1:]
        yield measure
