"""Records that could not be read or decided: kept with their position and the reason. PURE."""

import msgspec

from surtitle.errors import Fault

__all__ = ["DeadLetter"]


class DeadLetter(msgspec.Struct, frozen=True):
    """One record that could not be read or decided.

    Parameters
    ----------
    partition : str
        Where it is from.
    position : int
        Its position there.
    reason : str
        What is wrong with it.
    value : bytes
        The record itself; the beginning of it, when it is too long to be kept.
    columns : tuple of str or None
        The columns' names, when it is a row of CSV.

    Examples
    --------
    >>> print(DeadLetter("comments.jsonl", 7, "has no text", b"{}").fault)
    comments.jsonl, record 7: has no text
    """

    partition: str
    position: int
    reason: str
    value: bytes
    columns: tuple[str, ...] | None = None

    @property
    def fault(self) -> Fault:
        """The place and the reason as a fault."""
        return Fault(f"{self.partition}, record {self.position}", self.reason)
