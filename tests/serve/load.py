"""Clients that keep the service busy for as long as a `with` block lasts, and remember what they were told."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

_BODY = json.dumps({"text": "you dummy about roses and the weather", "client": "nobody"}).encode()
_REQUEST = b"POST /decide HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


class Told(NamedTuple):
    """One answer: when it was asked for and came, its status (0: a broken connection), the version, and the worker."""

    asked: float
    came: float
    status: int
    version: int
    worker: bytes


class Load:
    """What the clients have been told so far."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.ended = threading.Event()


async def _client(port: int, load: Load, *, pause_s: float) -> None:
    reader: asyncio.StreamReader | None = None
    writer: Any = None
    while not load.ended.is_set():
        asked = time.time()
        try:
            if reader is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            body = await reader.readexactly(int(fields[b"content-length"]))
        except (OSError, asyncio.IncompleteReadError):
            load.told.append(Told(asked, time.time(), 0, 0, b""))
            if writer is not None:
                writer.close()
            reader = None
        else:
            status = int(head.split(b" ", 2)[1])
            version = json.loads(body).get("version", 0)
            worker = fields[b"x-request-id"].partition(b"-")[0]  # a worker begins all its ids in the same way
            load.told.append(Told(asked, time.time(), status, version, worker))
            if fields.get(b"connection") == b"close":
                writer.close()
                reader = None
        await asyncio.sleep(pause_s)
    if writer is not None:
        writer.close()


@contextmanager
def under_load(port: int, *, clients: int = 8, pause_s: float = 0.0) -> Iterator[Load]:
    """Keep `clients` connections busy, each with one request after the other."""
    load = Load()

    async def run() -> None:
        await asyncio.gather(*(_client(port, load, pause_s=pause_s) for _ in range(clients)))

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        yield load
    finally:
        load.ended.set()
        thread.join()
