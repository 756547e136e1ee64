"""What one worker process holds: settings, models, stores, counters, joined in one place."""

import itertools
import secrets
from collections.abc import Callable
from mmap import mmap

import msgspec

from surtitle.project import Project
from surtitle.serve.access_log import AccessLog
from surtitle.serve.keys import Keys
from surtitle.serve.labels import LabelStore
from surtitle.serve.metrics import Metrics
from surtitle.serve.rate import admit
from surtitle.serve.refusal import Refusal
from surtitle.serve.scoring import Scoring
from surtitle.serve.shadow import Shadow
from surtitle.serve.shelf import Shelf
from surtitle.spool import Spool

__all__ = ["State", "new_request_ids"]


class State(msgspec.Struct, kw_only=True):
    """What one worker process holds.

    Parameters
    ----------
    project : Project
        What is served.
    keys : Keys
        None of them: everybody is let in.
    slots : mmap
        Shared by the workers: for each key, when it will have used up its rate, as a double.
    metrics_folder : str
        Where the workers keep their counters.
    draining : bool
        SIGTERM has come: readiness fails, and connections end with their answers.
    """

    project: Project
    keys: Keys
    slots: mmap
    metrics_folder: str
    shelf: Shelf
    scoring: Scoring
    labels: LabelStore
    spool: Spool
    shadow: Shadow | None
    metrics: Metrics
    log: AccessLog
    draining: bool = False

    def check_rate(self, key: str | None, now: float) -> None:
        """Count a request against its key's rate; without keys, all requests share one.

        Raises
        ------
        Refusal
            429.
        """
        settings = self.project.settings.serve
        if not settings.rate:
            return
        # Two workers may read a slot at the same moment: then a request too many is let through, which does no harm.
        slots = memoryview(self.slots).cast("d")
        place = 0 if key is None else self.keys.places[key]
        slots[place], wait = admit(slots[place], now, rate=settings.rate, burst=settings.burst)
        if wait:
            what = f"more than serve.rate = {settings.rate:g} requests a second; try again in {wait:.1f} s"
            raise Refusal(429, what, retry_after_s=int(wait) + 1)


def new_request_ids() -> Callable[[], str]:
    """Return a function that gives an id no other request has: a random beginning and a number."""
    start = secrets.token_hex(5)
    numbers = itertools.count(1)
    return lambda: f"{start}-{next(numbers):x}"
