"""The services and processes that are measured: each is started for its row and ended by its process id."""
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

BENCHMARKS = Path(__file__).resolve().parent.parent
PROJECT = BENCHMARKS.parent
PEERS = BENCHMARKS / "Peers"
BINARIES = BENCHMARKS / ".build/release"
PYTHON_39 = Path(os.environ.get("VENV39", BENCHMARKS / ".venv-3.9")) / "bin"
PYTHON_311 = Path(os.environ.get("VENV311", BENCHMARKS / ".venv-3.11")) / "bin"

# With these two OpenBLAS takes kernels of another processor, and NumPy runs at half speed.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}


@contextlib.contextmanager
def process(command, **options):
    """A child process that ends with the block."""
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"{command[0]} is not there: Benchmarks/setup installs what the peers need")
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen([str(word) for word in command], stderr=errors, env=ENVIRONMENT, **options)
        try:
            yield child
        except Exception as error:
            errors.seek(0)
            error.add_note(errors.read()[-2000:])
            raise
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for pipe in filter(None, [child.stdin, child.stdout]):
                pipe.close()


@dataclass
class Running:
    """A service that listens on a port of the loopback address."""
    pid: int
    port: int
    folder: Path
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def request(self, method, path, body=None):
        """The reply's bytes; `body` is text, bytes, or an object that becomes JSON."""
        if isinstance(body, dict):
            body = json.dumps(body)
        return self.response(method, path, body).read()

    def response(self, method, path, body):
        """The response once its head has come; one that is no success raises."""
        self.connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = self.connection.getresponse()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {response.read()[:500]!r}")
        return response

    def resident(self, key="VmRSS"):
        """Bytes of memory that the service's process holds; with `VmHWM` the most since `forget_peak`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+)", status)[1]) * 1024

    def forget_peak(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@dataclass(frozen=True)
class Service:
    """A program that serves HTTP: its command for a port, and a folder of its own."""
    command: Callable[[int, Path], list]
    folder: Path = PEERS

    @contextlib.contextmanager
    def running(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with tempfile.TemporaryDirectory() as scratch:
            command = self.command(port, Path(scratch))
            with process(command, stdout=subprocess.DEVNULL, cwd=self.folder) as child:
                running = Running(child.pid, port, Path(scratch))
                wait_for(child, running)
                yield running


def wait_for(child, running):
    end = time.monotonic() + 60
    while True:
        try:
            running.request("GET", "/health")
            return
        except OSError:
            running.connection.close()
            if child.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{child.args[0]} does not answer") from None
            time.sleep(0.05)


def _nginx(port, folder):
    text = (PEERS / "nginx.conf").read_text().replace("@PORT@", str(port)).replace("@FOLDER@", str(folder))
    (folder / "nginx.conf").write_text(text)
    return ["nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]


gradd = Service(lambda port, _: [PROJECT / ".build/release/gradd", "--port", port, "--log-level", "warning"])
nginx = Service(_nginx)
limit = Service(lambda port, _: [BINARIES / "Limit", port])
hummingbird = Service(lambda port, _: [BINARIES / "HummingbirdPeer", port])
torch_fastapi = Service(lambda port, _: [
    PYTHON_311 / "uvicorn", "--no-access-log", "--log-level", "warning", "--port", port, "--loop", "uvloop", "--http",
    "httptools", "torch_fastapi:app"])
chainer_flask = Service(lambda port, _: [
    PYTHON_39 / "gunicorn", "--log-level", "error", "-w", "1", "--threads", "2", "-b", f"127.0.0.1:{port}",
    "chainer_flask:app"])
