"""A real HTTP server that takes webhooks, and does so badly when told.

As a program, ``python -m tests.webhook.receiver PORT FILE SEED``, it appends what it takes to a file, and often
fails.
"""

import contextlib
import json
import os
import random
import ssl
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

__all__ = ["Got", "Receiver", "Reply"]


class Got(msgspec.Struct, frozen=True):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What was posted."""
        return list(json.loads(self.body))


class Reply(msgspec.Struct, frozen=True):
    """How to answer a request.

    Parameters
    ----------
    status : int
        Of HTTP; 0: break the connection without a word.
    body : bytes
        Of the answer.
    headers : dict
        Of the answer.
    stalls : bool
        Say nothing until the receiver is closed.
    """

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = {}
    stalls: bool = False


class Receiver:
    """Listens on a free port of this machine, in a thread.

    Parameters
    ----------
    replies : Reply
        For the first requests, in order; those after are answered with 200.
    trust : ssl.SSLContext, optional
        Speak TLS.
    """

    def __init__(self, *replies: Reply, trust: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self._replies = list(replies)
        self._closing = threading.Event()

        def take(got: Got) -> Reply:
            self.got.append(got)
            return self._replies.pop(0) if self._replies else Reply()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(take, self._closing))
        if trust is not None:
            self._server.socket = trust.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'http' if trust is None else 'https'}://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def handler(take: Callable[[Got], Reply], closing: threading.Event) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests as `take` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 0.5  # of an idle connection, so that closing does not wait for long

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender has died
                self.close_connection = True
                return
            reply = take(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if reply.stalls:
                closing.wait()
            if reply.stalls or not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 a name of the library
            pass

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError, ssl.SSLError):  # the other side has gone
                super().handle()

    return Handler


def main() -> None:
    """Take requests until killed: each is on disk before it is answered, if it is answered."""
    port, path, seed = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    file = path.open("ab")
    file.write(b"\n")  # ends a line that was torn by the death of a predecessor
    lock = threading.Lock()

    def take(got: Got) -> Reply:
        with lock:
            fate = rng.random()
            if fate < 0.05:
                return Reply(503, headers={"Retry-After": "0"})
            if fate < 0.1:
                return Reply(0)
            file.write(msgspec.json.encode({"id": got.headers["webhook-id"], "body": got.body.decode()}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if fate < 0.2:  # taken, but the sender does not hear of it
            return Reply(0) if fate < 0.15 else Reply(500)
        time.sleep(0.001)
        return Reply()

    server = ThreadingHTTPServer(("127.0.0.1", port), handler(take, threading.Event()))
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
