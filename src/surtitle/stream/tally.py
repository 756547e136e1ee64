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
    retried : int
        Dead letters that were tried again, so that ``dead + retried`` is how many there have ever been.
    actions : dict of str to int
        Decisions by action.
    versions : dict of str to dict
        The same, by who decided: a version's number, or ``client`` for all models of clients' own.

    Examples
    --------
    >>> total = Tally(records=1, on_time=1, actions={"allow": 1}, versions={"1": {"allow": 1}})
    >>> total.add(Tally(records=2, on_time=1, dead=1, actions={"allow": 1}, versions={"2": {"allow": 1}}))
    >>> total.records, total.on_time, total.dead, total.actions
    (3, 2, 1, {'allow': 2})
    >>> total.versions
    {'1': {'allow': 1}, '2': {'allow': 1}}
    """

    records: int = 0
    on_time: int = 0
    late: int = 0
    dead: int = 0
    retried: int = 0
    actions: dict[str, int] = {}
    versions: dict[str, dict[str, int]] = {}

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.records += other.records
        self.on_time += other.on_time
        self.late += other.late
        self.dead += other.dead
        self.retried += other.retried
        _add(self.actions, other.actions)
        for version, actions in other.versions.items():
            _add(self.versions.setdefault(version, {}), actions)

    def count_actions(self, actions: Mapping[str, int], version: str) -> None:
        """Add decisions by action, all made by one version."""
        _add(self.actions, actions)
        _add(self.versions.setdefault(version, {}), actions)

    def copy(self) -> "Tally":
        """Return one with the same counts, which stay as they are when this one's go on."""
        copied = Tally()
        copied.add(self)
        return copied


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for key, count in more.items():
        total[key] = total.get(key, 0) + count
