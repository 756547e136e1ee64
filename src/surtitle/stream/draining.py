"""Reading a source without deciding anything: records to whoever stores them, acknowledged once they are stored."""

from collections.abc import Callable, Iterator, Sequence

from surtitle.errors import SurroundingsError
from surtitle.stream.ports import Batch, Source

__all__ = ["drain"]

_MOST_RECORDS = 10_000
_WAIT_S = 0.2
_MOST_EMPTY = 300  # polls without a partition of ours: a minute


def drain(
    source: Source, *, follow: bool = False, stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Batch, ...]]:
    """Yield what is in a source, from where it was last acknowledged, up to its present end.

    What was yielded is acknowledged when the next is asked for, so by then it must be stored. After a crash it may come
    once more, and storing it again has to do nothing.

    Parameters
    ----------
    source : Source
        One that remembers what was acknowledged, such as a Kafka topic for its consumer group.
    follow : bool
        Go on at the end, and wait for more.
    stopped : callable
        Says whether to end after what is under way.

    Raises
    ------
    SurroundingsError
        If the source is away beyond its patience, or others have taken all of it for a minute.
    """
    ours: dict[str, None] = {}
    waited = 0
    while not stopped():
        poll = source.poll(_MOST_RECORDS, _WAIT_S)
        _take_over(source, ours, poll.gained, poll.lost)
        if poll.batches:
            yield poll.batches
            source.acknowledge(source.position())
        elif poll.ended or (not follow and ours and ours.keys() <= set(poll.empty)):
            return
        waited = 0 if ours or follow else waited + 1
        if waited == _MOST_EMPTY:
            raise SurroundingsError(
                f"{source.name}: other processes of this group have every partition; end them, or name another group "
                "behind the topic: ?group=NAME"
            )


def _take_over(source: Source, ours: dict[str, None], gained: Sequence[str], lost: Sequence[str]) -> None:
    for partition in lost:
        ours.pop(partition, None)
    for partition in gained:
        source.seek(partition, None)
        ours[partition] = None
