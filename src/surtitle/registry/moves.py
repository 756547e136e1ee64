"""Where a rollback goes. Pure."""

from collections.abc import Iterable

from surtitle.registry.facts import AliasMove

__all__ = ["before_last_move", "standing"]


def standing(moves: Iterable[AliasMove]) -> list[int]:
    """Return the versions that the moves of one alias have put in place and no rollback has taken away, oldest first.

    Moves are undone like strokes in an editor: a rollback takes the last one back, so that two in a row go further
    back rather than to and fro, and a version that was rolled back is not returned to.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> def move(kind, to):
    ...     day = datetime(2026, 1, 1, tzinfo=UTC)
    ...     return AliasMove(alias="champion", from_version=None, to_version=to, moved_at=day, kind=kind, why="")
    >>> standing([move("set", 1), move("set", 2), move("set", 3), move("rollback", 2), move("set", 4)])
    [1, 2, 4]
    """
    stack: list[int] = []
    for move in moves:
        if move.kind == "rollback":
            stack.pop()
        elif move.to_version is not None:
            stack.append(move.to_version)
    return stack


def before_last_move(moves: Iterable[AliasMove]) -> int | None:
    """Return the version that a rollback would put in place; None when there is none before."""
    stack = standing(moves)
    return stack[-2] if len(stack) > 1 else None
