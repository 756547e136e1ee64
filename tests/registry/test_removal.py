"""Versions that nobody needs lose their files; all others keep theirs, whoever is killed."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import RegistryError
from surtitle.registry import AliasMove, Registry, Version
from surtitle.registry.moves import before_last_move
from surtitle.registry.removal import expendable
from tests.registry.helpers import FACTS, NOW, add, build, die_at_lines

CLIENTS = st.sampled_from([None, "chess", "go"])


def version(number: int, client: str | None) -> Version:
    facts = msgspec.structs.replace(FACTS, client=client)
    return Version(number=number, created_at=NOW, folder=Path(str(number)), artefact_sha256="", facts=facts)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Version], list[AliasMove]]:
    versions = [version(number, draw(CLIENTS)) for number in range(1, draw(st.integers(1, 12)) + 1)]
    moves: list[AliasMove] = []
    for _ in range(draw(st.integers(0, 12))):
        alias = draw(st.sampled_from(["champion", "challenger", "champion@chess", "champion@go"]))
        of_alias = [move for move in moves if move.alias == alias]
        current = of_alias[-1].to_version if of_alias else None
        to = draw(st.sampled_from(versions)).number
        kind, before = "set", before_last_move(of_alias)
        if before is not None and draw(st.booleans()):
            kind, to = "rollback", before
        moves.append(
            # A str that is one of the kinds.
            AliasMove(alias=alias, from_version=current, to_version=to, moved_at=NOW, kind=kind, why="")  # type: ignore[arg-type]
        )
    return versions, moves


@given(histories(), st.integers(1, 4))
def test_what_goes_is_old_has_no_alias_and_was_never_a_champion(
    history: tuple[list[Version], list[AliasMove]], keep: int
) -> None:
    versions, moves = history
    gone = {each.number for each in expendable(versions, moves, keep=keep)}
    last = {move.alias: move.to_version for move in moves}
    for each in versions:
        newer = sum(other.facts.client == each.facts.client and other.number > each.number for other in versions)
        decided = any(move.alias.startswith("champion") and move.to_version == each.number for move in moves)
        needed = newer < keep or decided or each.number in last.values()
        assert (each.number in gone) is not needed
    assert [each.number for each in expendable(versions, moves, keep=keep)] == sorted(gone)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Six versions: the first and third were champions, the fourth is, the second was a challenger."""
    registry = Registry(tmp_path / "registry")
    add(registry, 6)
    for alias, number in [("champion", 1), ("challenger", 2), ("champion", 3), ("challenger", 6), ("champion", 4)]:
        registry.set_alias(alias, number, now=NOW, why="")
    return registry


def folders(registry: Registry) -> list[int]:
    return sorted(int(path.name) for path in (registry.root / "versions").iterdir())


def test_files_go_and_what_is_known_stays(registry: Registry) -> None:
    before = registry.versions(), registry.history(), registry.aliases()
    assert [each.number for each in registry.expendable(keep=1)] == [2, 5]
    assert folders(registry) == [1, 2, 3, 4, 5, 6]
    assert [each.number for each in registry.prune(keep=1)] == [2, 5]
    assert folders(registry) == [1, 3, 4, 6]
    assert (registry.versions(), registry.history(), registry.aliases()) == before
    assert list((registry.root / "incoming").iterdir()) == []
    with pytest.raises(RegistryError, match=r"version 5 has lost its files: .* by surtitle prune or by hand"):
        registry.find(5)
    assert registry.prune(keep=1) == registry.expendable(keep=1) == []


def test_every_rollback_has_its_files(registry: Registry) -> None:
    registry.prune(keep=1)
    assert [registry.rollback("champion", now=NOW, why="").to_version for _ in range(2)] == [3, 1]
    assert registry.verify("champion").number == 1


def test_numbers_are_not_used_again(registry: Registry) -> None:
    registry.prune(keep=1)
    assert add(registry).number == 7


def test_each_clients_newest_stay(registry: Registry) -> None:
    for client in ("chess", "chess", "go"):
        registry.register(build, msgspec.structs.replace(FACTS, client=client), now=NOW)
    assert [each.number for each in registry.prune(keep=1)] == [2, 5, 7]
    assert [each.number for each in registry.prune(keep=1)] == []


def test_where_nothing_is_registered_nothing_is_made(tmp_path: Path) -> None:
    assert Registry(tmp_path / "none").prune(keep=3) == []
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("keep", [0, -1])
def test_the_newest_cannot_be_asked_away(registry: Registry, keep: int) -> None:
    with pytest.raises(RegistryError, match="must be 1 or more"):
        registry.prune(keep=keep)
    assert folders(registry) == [1, 2, 3, 4, 5, 6]


def test_killed_at_any_line_all_that_is_needed_is_there(tmp_path: Path, step: int) -> None:
    def prepare(turn: int) -> Path:
        registry = Registry(tmp_path / str(turn))
        add(registry, 4)
        registry.set_alias("champion", 1, now=NOW, why="")
        return registry.root

    def prune(root: Path) -> None:
        Registry(root).prune(keep=1)

    left = set()
    for root in die_at_lines(prepare, prune, step=step):
        registry = Registry(root)
        assert {registry.verify(number).number for number in (1, 4)} == {1, 4}
        left.add(tuple(folders(registry)))
        assert add(registry).number == 5
        prune(root)
        assert folders(registry) == [1, 5]
        assert list((root / "incoming").iterdir()) == []
    assert {(1, 2, 3, 4), (1, 4)} <= left
