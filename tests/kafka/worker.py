"""A process of a stream for tests to kill: ``python -m tests.kafka.worker '{"source": ..., ...}'``.

It decides by a made-up model, which takes no time to load, and says ``ready`` when it has polled for the first time.
SIGTERM stops it in an orderly way.
"""

import os
import signal
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.records import Thresholds
from surtitle.stream.core import Core, Plan
from surtitle.stream.deciding import Model
from surtitle.stream.decode import Columns
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Channel, Delivery, Opening
from surtitle.stream.rules import RuleBook
from surtitle.stream.runner import Pace, Runner
from surtitle.stream.state import Identity, State
from surtitle.stream.windows import AggregateSpec, parse_window
from surtitle.stream.wiring import open_sink, open_source

__all__ = ["WorkerSettings", "score"]


class WorkerSettings(msgspec.Struct, frozen=True):
    """What the process is told.

    Parameters
    ----------
    source : str
        Its address.
    sinks : dict
        An address for each channel.
    folder : str
        Where the states are.
    delivery : Delivery
        The guarantee.
    max_records : int
        In a micro-batch.
    patience_s : float
        For a broker that is away.
    """

    source: str
    sinks: dict[Channel, str]
    folder: str
    delivery: Delivery = "exactly-once"
    max_records: int = 200
    patience_s: float = 60.0


def score(text: str) -> float:
    """Return the made-up model's probability."""
    return zlib.crc32(text.encode()) % 1000 / 1000


class MadeUp:
    """A model that looks at no word."""

    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.5, remove=0.9))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return shape (n_texts, 2)."""
        positive = np.array([score(text) for text in texts], np.float64)
        return np.column_stack([1 - positive, positive])


PLAN = Plan(
    columns=Columns(id="id", time="time", client="client"),
    windows=(parse_window("tumbling 10s by client"), parse_window("session 5s")),
    aggregates=AggregateSpec(plain=("count", "mean")),
    bound_us=0,
)


def make_runner(settings: WorkerSettings) -> Runner:
    """Put a stream together."""
    opening = Opening(stream="torture", delivery=settings.delivery, patience=Patience(settings.patience_s))
    source = open_source(settings.source, opening)
    sink = open_sink(settings.sinks, opening, source)
    model = Model("made-up", 1, MadeUp())

    def open_state(scope: str) -> State:
        identity = Identity("tests", "torture", scope, source.name, "kafka")
        return State(Path(settings.folder) / f"{scope}.sqlite", identity, wait_s=30.0)

    return Runner(
        source,
        sink,
        make_core=lambda scope: Core(PLAN, RuleBook(), source=source.name, scope=scope, keyed=sink.keyed),
        open_state=open_state,
        current_model=lambda: model,
        delivery=settings.delivery,
        pace=Pace(max_records=settings.max_records, wait_s=0.1),
    )


def main() -> None:
    """Run until SIGTERM."""
    runner = make_runner(msgspec.json.decode(sys.argv[1], type=WorkerSettings))
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    for turn, _ in enumerate(runner.run()):
        if turn == 0:
            os.write(1, b"ready\n")


if __name__ == "__main__":
    main()
