"""Where scoring happens: a few texts on the event loop, more of them in a thread, in parts, so that others get a turn.

A scorer is not safe to use from two threads at once. While it has jobs in the thread, everything for it goes there.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from surtitle.cycle.loading import Loaded, reasons_of
from surtitle.records import Reason, Scored
from surtitle.serve.refusal import Refusal

__all__ = ["Scoring"]

# Up to here, going to another thread and back would cost more than it spares the others.
_INLINE_TEXTS = 16
_INLINE_CHARS = 16_384
_PART = 64

T = TypeVar("T")


class Scoring:
    """Scores texts for requests.

    Parameters
    ----------
    max_reasons : int
        Terms per text, where reasons are asked for.
    """

    def __init__(self, max_reasons: int) -> None:
        self._max_reasons = max_reasons
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="scoring")

    async def score(self, loaded: Loaded, texts: Sequence[str]) -> list[Scored]:
        """Return what a model says of each text, in order."""
        if not loaded.busy and _is_small(texts):
            return loaded.scorer.score(texts)
        return await self.in_thread(loaded, texts)

    async def in_thread(self, loaded: Loaded, texts: Sequence[str]) -> list[Scored]:
        """Do the same in the thread, part after part."""
        return await self._by_parts(loaded, loaded.scorer.score, texts)

    async def reasons(self, loaded: Loaded, texts: Sequence[str]) -> list[tuple[Reason, ...]]:
        """Return the terms that pushed each score most.

        Raises
        ------
        Refusal
            If the model is an estimator of the user's own.
        """
        if reasons_of(loaded.scorer, [], self._max_reasons) is None:
            raise Refusal(
                400,
                f"version {loaded.number} is an estimator of your own, which cannot say which terms pushed its score; "
                "ask without explain",
            )

        def part_of(part: Sequence[str]) -> list[tuple[Reason, ...]]:
            return reasons_of(loaded.scorer, part, self._max_reasons) or []

        if not loaded.busy and _is_small(texts):
            return part_of(texts)
        return await self._by_parts(loaded, part_of, texts)

    async def _by_parts(
        self, loaded: Loaded, work: Callable[[Sequence[str]], list[T]], texts: Sequence[str]
    ) -> list[T]:
        loop = asyncio.get_running_loop()
        done: list[T] = []
        loaded.busy += 1
        try:
            for start in range(0, len(texts), _PART):
                done += await loop.run_in_executor(self._pool, work, texts[start : start + _PART])
        finally:
            loaded.busy -= 1
        return done

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _is_small(texts: Sequence[str]) -> bool:
    return len(texts) <= _INLINE_TEXTS and sum(map(len, texts)) <= _INLINE_CHARS
