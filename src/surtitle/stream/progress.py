"""Where a running stream is, after a poll: what is shown on a terminal, by `status` and to Prometheus. PURE."""

from collections.abc import Sequence

import msgspec

from surtitle.stream.tally import Tally
from surtitle.stream.watermark import BEGINNING

__all__ = ["Progress", "ScopeProgress"]


class ScopeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where one scope is.

    Parameters
    ----------
    scope : str
        Its name; empty where the source has only one.
    tally : Tally
        Sums since the stream first began, in whatever process.
    watermark : int
        In microseconds.
    open_windows : int
        How many are open.
    idle : int
        Partitions that do not hold up the watermark.
    """

    scope: str
    tally: Tally
    watermark: int = BEGINNING
    open_windows: int = 0
    idle: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running stream is, after a poll.

    Parameters
    ----------
    scopes : sequence of ScopeProgress
        Each that this process works on.
    rate : float
        Records per second, lately.
    lag : int or None
        As of `Source.lag`.
    version : int or None
        The model that decides where no client's own does.
    records : int
        In this poll.
    commit_s : float or None
        How long its commit took, in seconds; None if there was nothing to commit.
    aborted : bool
        Whether the commit was given up, to be done again.

    Examples
    --------
    >>> scopes = [ScopeProgress(scope=name, tally=Tally(records=2, on_time=2)) for name in ("t-0", "t-1")]
    >>> Progress(scopes=scopes).tally.records
    4
    """

    scopes: Sequence[ScopeProgress] = ()
    rate: float = 0.0
    lag: int | None = None
    version: int | None = None
    records: int = 0
    commit_s: float | None = None
    aborted: bool = False

    @property
    def tally(self) -> Tally:
        """The sum of all scopes."""
        total = Tally()
        for scope in self.scopes:
            total.add(scope.tally)
        return total

    @property
    def watermark(self) -> int:
        """The least of all scopes, in microseconds."""
        return min((scope.watermark for scope in self.scopes), default=BEGINNING)

    @property
    def open_windows(self) -> int:
        """How many windows are open in all scopes."""
        return sum(scope.open_windows for scope in self.scopes)
