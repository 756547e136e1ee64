"""A real Redis server on a free port of this machine, with its data in a folder of its own."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from tests.processes import die_with_parent

__all__ = ["Server", "UnavailableError", "free_port"]

_START_S = 60.0
_TAKEN = itertools.count()


class UnavailableError(Exception):
    """This machine cannot run a server; the message says what is missing."""


class Server:
    """A server whose every answer is on disk (``appendfsync always``).

    Parameters
    ----------
    folder : Path
        For its data and log; made when it is missing.
    options : str
        Further lines of its configuration, such as ``requirepass x``.
    password : str
        For `client`, where the options ask for one.
    """

    def __init__(self, folder: Path, *options: str, password: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return ``redis://HOST:PORT``."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def client(self) -> Any:
        """Return a client of its own; Any, because the library's types know no single answer."""
        return Redis(port=self.port, password=self._password or None, protocol=2)

    def __enter__(self) -> Self:
        return self.start() if self._process is None else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> Self:
        """Start it, on what it had written before, and wait until it answers."""
        program = shutil.which("redis-server")
        if program is None:
            raise UnavailableError("no Redis server: it is not installed (Debian: apt-get install redis-server)")
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = [
            *(f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", f"logfile {self.folder}/log"),
            *("appendonly yes", "appendfsync always", 'save ""', *self._options),
        ]
        self._process = subprocess.Popen(
            [program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write("\n".join(settings).encode())
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                with self.client as client:
                    client.ping()
            except RedisError:
                assert self._process is not None
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.01)  # it tells nobody when it is ready
            else:
                return

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        # Far from the ports that the system gives to clients, so that a killed server gets its own again.
        for port in range(20_000 + os.getpid() * 7 % 10_000 + next(_TAKEN), 32_000):
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise UnavailableError("no free port")
