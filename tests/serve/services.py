"""A real service, in processes of its own, on a free port of 127.0.0.1."""

import http.client
import json
import os
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

READY_S = 30.0


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """A running `surtitle serve`."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any], folder: Path) -> None:
        self.process = process
        self.url: str = ready["url"]
        self.port = int(self.url.rpartition(":")[2])
        self.pid: int = ready["pid"]
        self.folder = folder

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answered:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            raw = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
            connection.request(method, path, raw, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, found, answer.read())
        finally:
            connection.close()

    def decide(self, body: Any, query: str = "", **headers: str) -> Answered:
        return self.call("POST", f"/decide{query}", body, headers)

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self) -> tuple[int, str, str]:
        """End it in good order; return code, standard output and standard error."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def serving(project: Path, *settings: str, environ: dict[str, str] | None = None) -> Iterator[Service]:
    """Run a service for the time of a `with` block; it is killed at the end if it still runs."""
    command = [sys.executable, "-m", "surtitle.cli", "serve", "--project", str(project), "--json"]
    for setting in ("serve.port=0", "serve.poll_s=0.05", "serve.drain_s=0", *settings):
        command += ["--set", setting]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | (environ or {})
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Service(process, json.loads(line), project)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


class HalfSent:
    """A request whose body is still on its way."""

    def __init__(self, running: Service, body: bytes = b'{"text":"you dummy"}') -> None:
        self._socket = socket.create_connection(("127.0.0.1", running.port), timeout=30)
        self._rest = body[5:]
        head = b"POST /decide HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._socket.sendall(head + body[:5])

    def send_rest(self) -> None:
        """Send the rest."""
        self._socket.sendall(self._rest)

    def is_answered(self) -> bool:
        """Say whether there is something to read."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def finish(self) -> bytes:
        """Send the rest and return the whole answer."""
        self.send_rest()
        return self.answer()

    def answer(self) -> bytes:
        """Return the whole answer."""
        with self._socket:
            return b"".join(iter(lambda: self._socket.recv(65_536), b""))

    def close(self) -> None:
        """Give up."""
        self._socket.close()


def rows_of(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask a SQLite file."""
    with closing(sqlite3.connect(path)) as db:
        return list(db.execute(query))


def wait_until(holds: Any, what: str, *, within_s: float = READY_S) -> Any:
    """Ask again and again until the answer is true, as a prober would."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s} s: {what}")


def copy_of(project: Path, folder: Path) -> Path:
    """Copy a project to change it at will."""
    return Path(shutil.copytree(project, folder / "project"))


def resident_bytes(pid: int) -> int:
    """Return a process's resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
