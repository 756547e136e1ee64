"""A registered version, loaded and warm, ready to answer."""

import time
from collections.abc import Sequence
from datetime import datetime

from surtitle.cycle.footprint import memo_share, reckon, remembered
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.models import LinearScorer, Scorer
from surtitle.project import Project
from surtitle.records import Reason
from surtitle.registry import Version

__all__ = ["Loaded", "load_version", "reasons_of"]

# Touches what a scorer makes when it is first used: patterns, tables, a memory of chunks.
_WARMING = ("You're a DUMMY!!!! see https://example.com @you, 3 times…", "thank you, that's kind", "")


class Loaded:
    """A version in memory.

    Parameters
    ----------
    version : Version
        What the registry knows of it.
    scorer : Scorer
        Warm.
    size : int
        Bytes of memory, estimated, without the chunks that the scorer remembers.
    seconds : float
        How long loading took.
    """

    __slots__ = ("_size", "busy", "created_at", "number", "scorer", "seconds")

    def __init__(self, version: Version, scorer: Scorer, *, size: int, seconds: float) -> None:
        self.number = version.number
        # Jobs of this scorer that are waiting for the scoring thread or running in it.
        self.busy = 0
        self.created_at: datetime = version.created_at
        self.scorer = scorer
        self._size = size
        self.seconds = seconds

    @property
    def size(self) -> int:
        """Bytes of memory by now: more and more chunks are remembered."""
        return self._size + remembered(self.scorer)


def load_version(project: Project, ref: int | str, *, limit: int) -> Loaded:
    """Find a version, check its files, load it and score a few texts, so that the first request finds it warm.

    Parameters
    ----------
    project : Project
        Whose registry to look in.
    ref : int or str
        A version's number or an alias.
    limit : int
        Bytes of memory for all models in this process; one may remember chunks for a share of it.

    Raises
    ------
    RegistryError
        If there is no such version.
    ArtefactError
        If its files are damaged.
    """
    began = time.perf_counter()
    version = registry_of(project).find(ref)
    scorer = load_scorer(project, version, memo_bytes=memo_share(limit))
    scorer.score(list(_WARMING))
    return Loaded(version, scorer, size=reckon(scorer, version.folder), seconds=time.perf_counter() - began)


def reasons_of(scorer: Scorer, texts: Sequence[str], limit: int) -> list[tuple[Reason, ...]] | None:
    """Return the terms that pushed each text's score most, or None where the model cannot tell.

    Only our own models know their terms; an estimator of the user's is a closed box.
    """
    return scorer.reasons(texts, limit) if isinstance(scorer, LinearScorer) else None
