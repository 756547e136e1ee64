"""Processes of one stream, started and killed at will, and what their outputs are to be."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pandas as pd
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from surtitle.stream.ports import CHANNELS, Channel, Delivery
from tests.kafka.broker import Broker
from tests.kafka.topics import Record, create_topic, fill, read
from tests.kafka.worker import WorkerSettings, score
from tests.stream.redis.server import Server

__all__ = ["Crew", "closers", "comments", "expected_windows", "seen_windows"]

_START = pd.Timestamp("2026-01-01", tz="UTC")
_HOUR_S = 3600.0
_ROOT = Path(__file__).resolve().parents[2]


class Crew:
    """Topics in and out, and the processes between them.

    Parameters
    ----------
    broker : Broker
        Where the topics are made.
    folder : Path
        For the states and what the processes say.
    partitions : int
        Of the topic in.
    delivery : Delivery
        The guarantee.
    query, sink_query : str
        Further settings in the source's and in the sinks' addresses.
    max_records : int
        In a micro-batch.
    redis : Server, optional
        Outputs go there, rather than to topics.
    """

    def __init__(
        self,
        broker: Broker,
        folder: Path,
        *,
        redis: Server | None = None,
        partitions: int = 2,
        delivery: Delivery = "exactly-once",
        query: str = "",
        sink_query: str = "",
        max_records: int = 200,
    ) -> None:
        self.broker = broker
        self.partitions = partitions
        self.folder = folder
        self.topic = create_topic(broker, partitions=partitions)
        self.written = 0
        self._redis = redis
        if redis is None:
            self._outputs = {name: create_topic(broker, partitions=2 - (name != "decisions")) for name in CHANNELS}
        else:
            self._outputs = {name: name for name in CHANNELS}
        base = f"kafka://{broker.address}"
        out = base if redis is None else redis.address
        settings = WorkerSettings(
            f"{base}/{self.topic}?group={self.topic}&{query}",
            {channel: f"{out}/{name}?{sink_query}" for channel, name in self._outputs.items()},
            str(folder / "state"),
            delivery,
            max_records,
        )
        self._settings = msgspec.json.encode(settings).decode()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._admin = AdminClient(dict(broker.client_settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def start(self, *, wait: bool = True) -> subprocess.Popen[bytes]:
        """Start a process, and wait until it has polled once."""
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.kafka.worker", self._settings],
                cwd=_ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._processes.append(process)
        if wait:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", self.log()
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill -9; it must not have ended by itself."""
        assert process.poll() is None, self.log()
        process.kill()
        process.wait()

    def log(self) -> str:
        """Return the end of what the processes said."""
        return (self.folder / "worker.log").read_text()[-4000:]

    def seen(self, channel: Channel) -> list[dict[str, Any]]:
        """Return the outputs that a stranger sees, of committed ones."""
        name = self._outputs[channel]
        if self._redis is None:
            return [json.loads(record.value) for record in read(self.broker, name)]
        with self._redis.client as client:
            return [json.loads(fields[b"value"]) for _, fields in client.xrange(name)]

    def write(self, values: Sequence[bytes]) -> None:
        """Write events to the topic, to the partitions in turn."""
        keep = self.written % self.partitions
        assert keep == 0, "write whole rounds, so that each partition keeps its order"
        fill(self.broker, self.topic, values, partitions=self.partitions)
        self.written += len(values)

    def wait_until_done(self, timeout_s: float = 120.0) -> None:
        """Wait until the group has committed all that is in the topic."""
        self.wait_for(lambda: self._behind() == 0, timeout_s)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"{self._behind()} events behind; {self.log()}"
            time.sleep(0.1)  # the broker tells nobody when an offset was committed

    def committed(self) -> dict[int, int]:
        """Return the group's offsets."""
        wanted = [TopicPartition(self.topic, number) for number in range(self.partitions)]
        request = ConsumerGroupTopicPartitions(self.topic, wanted)
        try:
            found = self._admin.list_consumer_group_offsets([request])[self.topic].result(30).topic_partitions
        except KafkaException:  # as above
            return {}
        return {each.partition: max(0, each.offset) for each in found or []}

    def members(self) -> list[int]:
        """Return how many partitions each process of the group has."""
        try:
            group = self._admin.describe_consumer_groups([self.topic])[self.topic].result(30)
        except KafkaException:  # a broker that has just started still looks for its groups
            return []
        return sorted(len(member.assignment.topic_partitions) for member in group.members if member.assignment)

    def _behind(self) -> int:
        return self.written - sum(self.committed().values())


def comments(first: int, count: int) -> list[bytes]:
    """Return made-up events, 100 a second in event time, with pauses that end sessions."""
    return [_event(number, number / 100 + 6.0 * (number // 2000)) for number in range(first, first + count)]


def closers(partitions: int) -> list[bytes]:
    """Return one event for each partition, so late that every window before it closes."""
    return [_event(-1 - number, 100 * _HOUR_S) for number in range(partitions)]


def _event(number: int, seconds: float) -> bytes:
    moment = _START + pd.Timedelta(seconds, "s")
    event = {"id": str(number), "text": f"comment {number}", "client": f"c{number % 3}", "time": moment.isoformat()}
    return json.dumps(event).encode()


def expected_windows(records: Sequence[Record], topic: str) -> set[tuple[Any, ...]]:
    """Recompute, with pandas, the windows of the worker's plan that events before the closers fall into."""
    rows = [
        {
            "scope": f"{topic}-{record.partition}",
            "client": event["client"],
            "score": score(event["text"]),
            "time": event["time"],
        }
        for record in records
        if not (event := json.loads(record.value))["id"].startswith("-")
    ]
    events = pd.DataFrame(rows)
    events["time"] = pd.to_datetime(events["time"], format="ISO8601")
    events["start"] = events["time"].dt.floor("10s")
    tumbling = events.groupby(["scope", "client", "start"])["score"].agg(["count", "mean"]).reset_index()
    ordered = events.sort_values(["scope", "time"])
    gap = ordered.groupby("scope")["time"].diff() > pd.Timedelta(5, "s")
    ordered["session"] = gap.groupby(ordered["scope"]).cumsum()
    sessions = ordered.groupby(["scope", "session"]).agg(
        start=("time", "min"), count=("score", "count"), mean=("score", "mean")
    )
    return {
        *((row.scope, row.client, row.start, row.count_, round(row.mean_, 9)) for row in _named(tumbling)),
        *((row.scope, None, row.start, row.count_, round(row.mean_, 9)) for row in _named(sessions.reset_index())),
    }


def _named(frame: pd.DataFrame) -> list[Any]:
    # `count` is a method of every tuple.
    return list(frame.rename(columns={"count": "count_", "mean": "mean_"}).itertuples(index=False))


def seen_windows(crew: Crew) -> list[tuple[Any, ...]]:
    """Return the windows that a stranger sees."""
    return [
        (
            row["scope"],
            row["key"].get("client"),
            pd.Timestamp(row["start"]),
            row["totals"]["count"],
            round(row["totals"]["mean"], 9),
        )
        for row in crew.seen("windows")
    ]
