"""How many records there were, and what became of them. PURE."""

from collections.abc import Mapping

import msgspec

__all__ = ["Tally"]


class Tally(msgspec.Struct):
    """Counts: ``records == on_time + late + dead`` always holds.

    Parameters
    ----------
    records, on_time, late, dead : int
        Records that came; events decided in time for their windows, and too late for one; dead letters.
    actions : dict of str to int
        Decisions by action.

    Examples
    --------
    >>> total = Tally(records=1, on_time=1, actions={"allow": 1})
    >>> total.add(Tally(records=2, on_time=1, dead=1, actions={"allow": 1}))
    >>> total
    Tally(records=3, on_time=2, late=0, dead=1, actions={'allow': 2})
    """

    records: int = 0
    on_time: int = 0
    late: int = 0
    dead: int = 0
    actions: dict[str, int] = {}

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.records += other.records
        self.on_time += other.on_time
        self.late += other.late
        self.dead += other.dead
        self.count_actions(other.actions)

    def count_actions(self, actions: Mapping[str, int]) -> None:
        """Add decisions by action."""
        for action, count in actions.items():
            self.actions[action] = self.actions.get(action, 0) + count
