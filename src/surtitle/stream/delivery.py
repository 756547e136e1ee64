"""The order in which outputs and state are made durable: one for each guarantee. See `surtitle.stream.ports`."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from surtitle.errors import StreamError
from surtitle.stream.ports import DELIVERIES, Delivery, Lines, Sink, Source
from surtitle.stream.state import Change
from surtitle.stream.unit import Unit

__all__ = ["Work", "choose_delivery", "commit_order"]


class Work(msgspec.Struct, frozen=True):
    """What one scope wants to commit.

    Parameters
    ----------
    unit : Unit
        The scope.
    lines : list of Lines
        Its outputs.
    change : Change
        Of its state.
    """

    unit: Unit
    lines: list[Lines]
    change: Change


def choose_delivery(asked: Delivery | Literal["auto"], source: Source, sink: Sink) -> Delivery:
    """Return the guarantee to give: the one asked for, or the strongest that both can give.

    Raises
    ------
    StreamError
        If source or sink cannot give it, with the reason.
    """
    possible = [each for each in DELIVERIES if each in source.guarantees and each in sink.guarantees]
    reasons = [end.why_not for end in (source, sink) if end.why_not]
    if source.scoped and not sink.transactional and "exactly-once" in possible:
        possible.remove("exactly-once")
        reasons.append("partitions can move to another process, and what is in a file cannot move with them")
    if asked == "auto":
        return possible[-1]
    if asked not in possible:
        raise StreamError(
            f"{asked} from {source.name} to this output is not possible: {'; '.join(reasons)}; possible: "
            f"{', '.join(possible)}"
        )
    return asked


def commit_order(delivery: Delivery, sink: Sink) -> Callable[[Sequence[Work]], None]:
    """Return what commits some scopes' work with that guarantee."""
    if delivery == "at-most-once":
        return lambda work: _at_most_once(work, sink)
    if delivery == "at-least-once":
        return lambda work: _at_least_once(work, sink)
    if sink.transactional:
        return lambda work: _by_transaction(work, sink)
    return lambda work: _by_position(work, sink)


def _at_most_once(work: Sequence[Work], sink: Sink) -> None:
    for each in work:
        each.unit.state.commit(each.unit.epoch + 1, each.change)
        each.unit.epoch += 1
    _write(work, sink)


def _at_least_once(work: Sequence[Work], sink: Sink) -> None:
    for each in work:
        each.change.outbox = each.lines
        each.unit.state.commit(each.unit.epoch + 1, each.change)
        each.unit.epoch += 1
        each.unit.outbox_is_written = False
    _write(work, sink)
    for each in work:
        each.unit.outbox_is_written = bool(each.lines)


def _by_position(work: Sequence[Work], sink: Sink) -> None:
    (only,) = work  # `choose_delivery` allows no source with several scopes
    _write(work, sink)
    only.change.sink_position = sink.position()
    only.unit.state.commit(only.unit.epoch + 1, only.change)
    only.unit.epoch += 1


def _by_transaction(work: Sequence[Work], sink: Sink) -> None:
    for each in work:
        sink.write(each.lines)
    for each in work:
        each.unit.prepared = None  # until it is known whether it is visible
        each.unit.state.prepare(each.unit.epoch + 1, each.change)
    sink.commit(
        {each.unit.scope: each.unit.epoch + 1 for each in work},
        {name: position for each in work for name, position in each.change.positions.items()},
    )
    for each in work:
        each.unit.epoch += 1
        each.unit.prepared = each.unit.epoch


def _write(work: Sequence[Work], sink: Sink) -> None:
    for each in work:
        if each.lines:
            sink.write(each.lines)
    if any(each.lines for each in work):
        sink.flush()
