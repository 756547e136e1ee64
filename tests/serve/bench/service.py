"""A service to load: a real socket on this machine, whose answers a test decides."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Answer = Callable[[int, bytes], bytes | None]
"""From the number of a request and the whole of it to what is sent; None: close without a word."""


class Service:
    """What a test sees of it."""

    def __init__(self, answer: Answer) -> None:
        self.port = 0
        self.requests: list[bytes] = []
        self._answer = answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                answer = self._answer(len(self.requests), request)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer.lower():
                    break
        except OSError:
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(length)


@contextmanager
def running(answer: Answer = lambda number, request: GOOD) -> Iterator[Service]:
    """Serve in a thread of its own."""
    service = Service(answer)
    started, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        async with await asyncio.start_server(service.serve, "127.0.0.1", 0) as server:
            service.port = server.sockets[0].getsockname()[1]
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    assert started.wait(10)
    try:
        yield service
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
