"""The access log: JSON lines on standard output, written in bulk by a thread, so that a slow reader delays nobody."""

import os
import threading
from datetime import datetime

import msgspec

__all__ = ["AccessLog", "Entry"]

_LIMIT = 50_000
_WRITE_S = 0.5
# Below this, the lines of several workers never mix within one write to a pipe (POSIX: PIPE_BUF).
_ATOMIC = 4096


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answered request; the text only where `serve.log_texts` says so."""

    time: datetime
    request: str
    method: str
    path: str
    status: int
    ms: float
    key: str | None = None
    texts: int = 0
    version: int | None = None
    bodies: tuple[str, ...] = ()


class AccessLog:
    """Collects entries and writes them twice a second.

    Parameters
    ----------
    fd : int or None
        Where to; None: nowhere.
    """

    def __init__(self, fd: int | None) -> None:
        self.on = fd is not None
        self._fd = -1 if fd is None else fd
        self._encode = msgspec.json.Encoder().encode
        self._lines: list[bytes] = []
        self._lost = 0
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="access-log", daemon=True)
        if self.on:
            self._writer.start()

    def add(self, entry: Entry) -> None:
        """Keep an entry; when nobody reads the log, drop it and count."""
        if len(self._lines) < _LIMIT:
            self._lines.append(self._encode(entry))
        else:
            self._lost += 1

    def close(self) -> None:
        """Write what is left, as far as somebody reads it within a second."""
        self._ended.set()
        if self.on:
            self._writer.join(timeout=1.0)

    def _write_on(self) -> None:
        while not self._ended.wait(_WRITE_S):
            self._write()
        self._write()

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        lost, self._lost = self._lost, 0
        if lost:
            lines.append(self._encode({"lost": lost}))
        block = b""
        for line in lines:
            if block and len(block) + len(line) >= _ATOMIC:
                self._put(block)
                block = b""
            block += line + b"\n"
        if block:
            self._put(block)

    def _put(self, block: bytes) -> None:
        try:
            while block:
                block = block[os.write(self._fd, block) :]
        except OSError:
            # Whoever read the log is gone; the service goes on.
            self._fd = os.open(os.devnull, os.O_WRONLY)
