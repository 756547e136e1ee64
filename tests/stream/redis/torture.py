"""Kill a stream from or to Redis, and now and then Redis itself, at random moments, and say what came of it.

Run as ``python -m tests.stream.redis.torture --folder DIR --source redis --sink redis [--events N] [--kills K]``.
"""

import argparse
import json
import random
import time
from functools import partial
from pathlib import Path
from typing import Any, Literal

from surtitle.stream.ports import CHANNELS, Channel, Delivery
from tests.stream.redis.server import Server
from tests.stream.streams import BASE, SECOND
from tests.stream.torture import compare, life, run_stream, write_events

End = Literal["file", "redis"]
CLOSER = {"id": "closer", "text": "x", "time": BASE / SECOND + 10**7, "client": "nobody", "author": "nobody"}


class Torture:
    """A stream between files and Redis, whose process is killed and started at will.

    Parameters
    ----------
    folder : Path
        For files and state.
    server : Server
        Where the streams are.
    source, sink : str
        ``file`` or ``redis``.
    delivery : Delivery
        The guarantee.
    events : int
        How many.
    seed : int
        For the events.
    """

    def __init__(
        self, folder: Path, server: Server, source: End, sink: End, *, delivery: Delivery, events: int, seed: int
    ) -> None:
        self.folder, self.server, self.source, self.sink, self.delivery = folder, server, source, sink, delivery
        write_events(folder / "in.jsonl", events, seed)
        self._lines = (folder / "in.jsonl").read_bytes().splitlines()
        self._added = 0
        self.client = server.client

    def add(self, count: int) -> None:
        """Add the next events to the stream in, if that is Redis."""
        self._add(self._lines[self._added : self._added + count])
        self._added += count

    def _add(self, values: list[bytes]) -> None:
        if self.source == "redis":
            pipeline = self.client.pipeline(transaction=False)
            for value in values:
                pipeline.xadd("in", {"value": value})
            pipeline.execute()

    def live(self, max_records: int, started: int) -> None:
        """Run the stream in this process, until all is decided."""
        base = {"file": str(self.folder), "redis": self.server.address}
        source = f"{base[self.source]}/{'in' if self.source == 'redis' else 'in.jsonl'}"
        suffix = "" if self.sink == "redis" else ".jsonl"
        sinks: dict[Channel, str] = {name: f"{base[self.sink]}/{name}{suffix}" for name in CHANNELS}
        stop_at = len(self._lines) + 1 if self.source == "redis" else None
        run_stream(self.folder, source, sinks, self.delivery, max_records, started, stop_at=stop_at)

    def finish(self) -> dict[str, Any]:
        """Let the stream come to its end, and compare."""
        self._add([*self._lines[self._added :], json.dumps(CLOSER).encode()])
        while not life(partial(self.live, 5000), None):
            pass
        if self.sink == "redis":
            for channel in CHANNELS:
                values = [fields[b"value"] + b"\n" for _, fields in self.client.xrange(channel)]
                (self.folder / f"{channel}.jsonl").write_bytes(b"".join(values))
        return compare(self.folder)


def torture(
    folder: Path,
    server: Server,
    source: End,
    sink: End,
    *,
    events: int,
    kills: int,
    server_kills: int = 0,
    delivery: Delivery = "exactly-once",
    seed: int = 0,
) -> dict[str, Any]:
    """Add events bit by bit, and kill the stream, or first the server, after each bit."""
    rng = random.Random(seed)
    stream = Torture(folder, server, source, sink, delivery=delivery, events=events, seed=seed)
    share = events // kills
    died = 0
    for number in range(kills):
        stream.add(share)
        run = partial(stream.live, max(10, share // 12))
        if server_kills and number % (kills // server_kills) == 0:
            died += not life(run, partial(restart, server, rng))
        else:
            died += not life(run, partial(time.sleep, rng.uniform(0.0, 0.15)))  # the random moment
    return {"kills": died, **stream.finish()}


def restart(server: Server, rng: random.Random) -> None:
    """Kill the server at a random moment, and let the stream see it come back, or not."""
    time.sleep(rng.uniform(0.0, 0.1))
    server.kill()
    time.sleep(rng.uniform(0.0, 0.1))
    server.start()
    time.sleep(rng.choice([0.0, rng.uniform(0.0, 0.4)]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--source", default="redis")
    parser.add_argument("--sink", default="redis")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--server-kills", type=int, default=20)
    parser.add_argument("--delivery", default="exactly-once")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    with Server(told.folder / "redis") as redis:
        print(
            json.dumps(
                torture(
                    told.folder,
                    redis,
                    told.source,
                    told.sink,
                    events=told.events,
                    kills=told.kills,
                    server_kills=told.server_kills,
                    delivery=told.delivery,
                    seed=told.seed,
                )
            )
        )
