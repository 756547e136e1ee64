"""What a consumer of committed records sees of a crew's work, held against the events."""

from collections import Counter

from tests.kafka.crew import Crew, expected_windows, seen_windows
from tests.kafka.topics import read

__all__ = ["decided", "require_exactly_once", "written"]


def decided(crew: Crew) -> Counter[tuple[str, int]]:
    """Return how often each event was decided, by partition and offset."""
    return Counter((line["partition"], line["position"]) for line in crew.seen("decisions"))


def written(crew: Crew) -> set[tuple[str, int]]:
    """Return partition and offset of every event."""
    return {(f"{crew.topic}-{record.partition}", record.offset) for record in read(crew.broker, crew.topic)}


def require_exactly_once(crew: Crew) -> None:
    """Fail unless every event was decided once, none came late, and the windows are those that pandas computes."""
    counts, events = decided(crew), written(crew)
    assert len(events) == crew.written
    lost, twice = events - counts.keys(), [event for event, count in counts.items() if count > 1]
    assert (len(lost), len(twice)) == (0, 0), (sorted(lost)[:5], twice[:5])
    assert counts.keys() <= events
    windows = seen_windows(crew)
    assert len(windows) == len(set(windows))
    assert set(windows) == expected_windows(read(crew.broker, crew.topic), crew.topic)
    assert crew.seen("late") == []
