"""Where scoring happens."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from surtitle.records import Scored
from surtitle.serve.refusal import Refusal
from surtitle.serve.scoring import Scoring
from tests.serve.test_shelf import made_up

MAIN = threading.main_thread().name


class Threads:
    """A scorer that says in which thread it was called, as an estimator of the user's: without reasons."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def score(self, texts: Sequence[str]) -> list[Scored]:
        self.names.append(threading.current_thread().name)
        return [Scored(float(len(text)), "1", "remove", {}) for text in texts]


def scored_in(*batches: list[str]) -> tuple[Any, list[str]]:
    """Score batches at the same time; return the results and the threads."""
    scorer: Any = Threads()
    loaded = made_up(1)
    loaded.scorer = scorer
    scoring = Scoring(max_reasons=3)

    async def run() -> Any:
        return await asyncio.gather(*(scoring.score(loaded, batch) for batch in batches))

    results = asyncio.run(run())
    scoring.close()
    assert loaded.busy == 0
    return results, scorer.names


def test_a_few_texts_are_scored_on_the_event_loop() -> None:
    assert scored_in(["a"] * 16)[1] == [MAIN]


@pytest.mark.parametrize("texts", [["a"] * 17, ["a" * 20_000]])
def test_many_or_long_texts_are_scored_in_the_thread(texts: list[str]) -> None:
    _, names = scored_in(texts)
    assert MAIN not in names


def test_a_large_batch_goes_in_parts_and_comes_back_in_order() -> None:
    texts = ["a" * (place % 50) for place in range(200)]
    (results,), names = scored_in(texts)
    assert [each.score for each in results] == [len(text) for text in texts]
    assert len(names) == 4


def test_a_scorer_with_work_in_the_thread_is_not_used_on_the_loop_as_well() -> None:
    _, names = scored_in(["a"] * 200, ["b"])
    assert MAIN not in names


def test_an_estimator_of_the_users_own_is_said_to_have_no_reasons() -> None:
    loaded = made_up(7)
    scorer: Any = Threads()
    loaded.scorer = scorer
    with pytest.raises(Refusal, match="version 7 is an estimator of your own") as caught:
        asyncio.run(Scoring(max_reasons=3).reasons(loaded, ["a"]))
    assert caught.value.status == 400
