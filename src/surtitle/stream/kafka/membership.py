"""What makes a consumer a lasting member of its group."""

from typing import Any

__all__ = ["CONSUMER_DEFAULTS", "member_settings"]

CONSUMER_DEFAULTS = {
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 500,
    "queued.max.messages.kbytes": 16_384,
    "fetch.queue.backoff.ms": 10,
    # Other questions to a broker wait behind a fetch that waits for records.
    "fetch.wait.max.ms": 100,
}
"""What an address may change."""


def member_settings(group: str, instance: str, patience_s: float) -> dict[str, Any]:
    """Return the settings that the guarantees rest on.

    Examples
    --------
    >>> member_settings("g", "host-0", float("inf"))["max.poll.interval.ms"]
    86400000
    """
    return {
        "group.id": group,
        "group.instance.id": instance,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.partition.eof": True,
        # Who waits for a sink does not poll, and is a member all the same.
        "max.poll.interval.ms": int(max(300_000, min(patience_s * 2000, 86_400_000))),
    }
