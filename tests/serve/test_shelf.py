"""Which version answers whom, with models made up."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from surtitle.cycle.loading import Loaded
from surtitle.cycle.roster import CHAMPION
from surtitle.errors import ArtefactError
from surtitle.registry import Version, VersionFacts
from surtitle.serve.shelf import Shelf

FACTS = VersionFacts(task="t", model="m", training_key="k", data_hash="d", surtitle_version="0")
SIZE = 10


class NoMetrics:
    """Told, and silent."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


class Loader:
    """Loads made-up models, and remembers which."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.damaged: set[int] = set()

    def __call__(self, number: int | str) -> Loaded:
        self.asked.append(int(number))
        if number in self.damaged:
            raise ArtefactError(f"version {number} is damaged")
        return made_up(int(number))


def made_up(number: int) -> Loaded:
    version = Version(
        number=number, created_at=datetime(2026, 1, 1, tzinfo=UTC), folder=Path(), artefact_sha256="", facts=FACTS
    )
    scorer: Any = None
    return Loaded(version, scorer, size=SIZE, seconds=0.0)


def shelf_of(loader: Loader, routes: dict[str, int] | None = None, *, limit: int = 1000) -> Shelf:
    metrics: Any = NoMetrics()
    return Shelf(loader, made_up(1), routes or {}, limit=limit, metrics=metrics)


async def ask(shelf: Shelf, client: str) -> tuple[int, str]:
    loaded, alias = await shelf.for_client(client, (shelf.champion, CHAMPION))
    return loaded.number, alias


def test_a_client_without_a_model_gets_the_general_champion() -> None:
    assert asyncio.run(ask(shelf_of(Loader()), "go")) == (1, "champion")


def test_a_clients_model_is_loaded_once_when_it_is_first_asked_for() -> None:
    loader = Loader()

    async def both() -> None:
        shelf = shelf_of(loader, {"go": 5})
        assert loader.asked == []
        assert await asyncio.gather(*(ask(shelf, "go") for _ in range(5))) == [(5, "champion@go")] * 5

    asyncio.run(both())
    assert loader.asked == [5]


def test_a_clients_damaged_model_leaves_it_with_the_general_champion() -> None:
    loader = Loader()
    loader.damaged.add(5)
    assert asyncio.run(ask(shelf_of(loader, {"go": 5}), "go")) == (1, "champion")


def test_a_damaged_version_is_not_tried_again_at_every_request() -> None:
    loader = Loader()
    loader.damaged.add(5)

    async def often() -> None:
        shelf = shelf_of(loader, {"go": 5})
        for _ in range(10):
            await ask(shelf, "go")

    asyncio.run(often())
    assert loader.asked == [5]


def test_a_new_champion_decides_once_it_is_loaded_and_the_one_before_is_let_go() -> None:
    async def follow() -> None:
        shelf = shelf_of(Loader())
        await shelf.follow({"champion": 2})
        assert shelf.champion.number == 2
        assert 1 not in shelf

    asyncio.run(follow())


def test_a_damaged_champion_or_client_model_changes_nothing() -> None:
    loader = Loader()
    loader.damaged |= {2, 6}

    async def follow() -> None:
        shelf = shelf_of(loader, {"go": 5})
        await ask(shelf, "go")
        await shelf.follow({"champion": 2, "champion@go": 6})
        assert shelf.champion.number == 1
        assert await ask(shelf, "go") == (5, "champion@go")

    asyncio.run(follow())


def test_a_request_keeps_the_model_that_it_began_with() -> None:
    async def follow() -> None:
        shelf = shelf_of(Loader())
        begun = shelf.champion
        await shelf.follow({"champion": 2})
        assert begun.number == 1

    asyncio.run(follow())


def test_a_thousand_clients_share_the_memory_and_the_least_recently_used_go() -> None:
    routes = {f"c{number}": number for number in range(2, 1002)}

    async def all_of_them() -> None:
        shelf = shelf_of(Loader(), routes, limit=20 * SIZE)
        for client, number in routes.items():
            assert await ask(shelf, client) == (number, f"champion@{client}")
            assert await ask(shelf, "c2") == (2, "champion@c2")
        held = [number for number in range(1, 1002) if number in shelf]
        assert len(held) == 20
        assert {1, 2, 1001} <= set(held)

    asyncio.run(all_of_them())


def test_a_model_that_grows_makes_others_go() -> None:
    async def grow() -> None:
        shelf = shelf_of(Loader(), {"a": 2, "b": 3}, limit=3 * SIZE)
        for client in ("a", "b"):
            await ask(shelf, client)
        shelf.make_room()
        assert 2 in shelf
        grown = await shelf.version(3)
        grown._size += 1
        shelf.make_room()
        assert 2 not in shelf
        assert 3 in shelf

    asyncio.run(grow())


def test_the_challenger_is_loaded_for_the_shadow_and_let_go() -> None:
    async def follow() -> None:
        shelf = shelf_of(Loader())
        await shelf.follow_challenger(3)
        assert shelf.challenger is not None
        assert shelf.challenger.number == 3
        await shelf.follow_challenger(1)
        assert shelf.challenger is None

    asyncio.run(follow())


@pytest.mark.parametrize("damaged", [True, False])
def test_a_version_asked_for_by_number_is_loaded_or_refused(damaged: bool) -> None:
    loader = Loader()
    loader.damaged |= {4} if damaged else set()
    shelf_version = shelf_of(loader).version
    if damaged:
        with pytest.raises(ArtefactError):
            asyncio.run(shelf_version(4))
    else:
        assert asyncio.run(shelf_version(4)).number == 4
