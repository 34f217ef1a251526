"""The servers that suites are played against, each found by an environment variable or on PATH, on a free port."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from wire import wait_for

ROOT = Path(__file__).resolve().parents[2]

WSGI = """
def app(environ, start_response):
    body = environ['wsgi.input'].read()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [body or b'OK']
"""

ASGI = """
async def app(scope, receive, send):
    body, more = b'', True
    while more:
        message = await receive()
        body += message.get('body', b'')
        more = message.get('more_body', False)
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/plain')]})
    await send({'type': 'http.response.body', 'body': body or b'OK'})
"""

NODE = """
require('http').createServer((request, response) => {
    const parts = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
        response.writeHead(200, { 'Content-Type': 'text/plain' })
        response.end(parts.length ? Buffer.concat(parts) : 'OK')
    })
}).listen(Number(process.argv[2]), '127.0.0.1')
"""

NGINX = """
daemon off; master_process off; pid FOLDER/pid; error_log FOLDER/log; events {}
http {
    access_log off; client_body_temp_path FOLDER; proxy_temp_path FOLDER; fastcgi_temp_path FOLDER;
    uwsgi_temp_path FOLDER; scgi_temp_path FOLDER;
    server { listen 127.0.0.1:PORT; location / { return 200 OK; } }
}
"""


@dataclass(frozen=True)
class Kind:
    name: str
    # Of the command: {program}, {port} and {folder} are put in.
    command: tuple
    # A file in the folder, and its text.
    file: tuple = ()
    # Statuses that say: understood, but there is no such thing here.
    understood: frozenset = frozenset()

    @property
    def program(self):
        default = str(ROOT / ".build/debug/gradd") if self.name == "gradd" else self.name
        return shutil.which(os.environ.get(self.name.upper(), default))


KINDS = [
    # An API has nothing at /, takes no POST there, and goes by no foreign name.
    Kind("gradd", ("{program}", "--port", "{port}", "--log-level", "critical"), understood=frozenset({404, 405, 421})),
    Kind("nginx", ("{program}", "-p", "{folder}", "-c", "{folder}/nginx.conf"), ("nginx.conf", NGINX)),
    Kind("node", ("{program}", "{folder}/app.js", "{port}"), ("app.js", NODE)),
    Kind("uvicorn", ("{program}", "app:app", "--port", "{port}", "--no-access-log"), ("app.py", ASGI)),
    Kind("gunicorn", ("{program}", "app:app", "-b", "127.0.0.1:{port}", "--threads", "32"), ("app.py", WSGI)),
]


class Server:
    """A running server. Leaving the context stops it."""

    def __init__(self, kind):
        self.kind = kind
        self.name = kind.name

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        if self.kind.file:
            name, text = self.kind.file
            text = text.replace("FOLDER", self.folder.name).replace("PORT", str(self.port))
            Path(self.folder.name, name).write_text(text)
        places = {"program": self.kind.program, "port": self.port, "folder": self.folder.name}
        command = [word.format(**places) for word in self.kind.command]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=self.folder.name, stdout=quiet, stderr=quiet)
        if not wait_for(self.port):
            self.__exit__()
            raise SystemExit(f"{self.name} does not listen: {' '.join(command)}")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.folder.cleanup()

    def judged(self, response):
        """A message that was understood counts as answered, whatever the server has to say about its resources."""
        if response.status not in self.kind.understood:
            return response
        return replace(response, status=200, body=b"OK" if response.body else b"")
