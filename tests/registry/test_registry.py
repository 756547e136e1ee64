import shutil
import threading
from datetime import timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from surtitle.errors import RegistryError, SurroundingsError, UsageError
from surtitle.registry import Registry
from tests.registry.helpers import (
    FACTS,
    FILES,
    NOW,
    SPAWN,
    add,
    assert_tidy,
    build,
    register_many,
    set_alias_once,
    verdict_about,
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def test_version_is_what_was_registered(registry: Registry) -> None:
    version = registry.register(build, FACTS, now=NOW)
    assert (version.number, version.created_at, version.facts) == (1, NOW, FACTS)
    assert version.folder == registry.root / "versions" / "1"
    assert {name: (version.folder / name).read_bytes() for name in FILES} == FILES
    assert registry.versions() == [version]
    assert registry.find(1) == registry.find("1") == registry.find("v1") == registry.verify(1) == version


def test_time_of_another_zone_is_kept_as_the_same_moment(registry: Registry) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=-7)))
    registry.register(build, FACTS, now=local)
    assert registry.find(1).created_at == local
    assert registry.find(1).created_at.utcoffset() == timedelta(0)


def test_versions_are_numbered_from_1_oldest_first(registry: Registry) -> None:
    assert [add(registry).number for _ in range(3)] == [1, 2, 3]
    assert [version.number for version in registry.versions()] == [1, 2, 3]


def test_number_of_a_folder_that_the_database_does_not_know_is_not_used_again(registry: Registry) -> None:
    add(registry)
    backup = (registry.root / "registry.db").read_bytes()
    add(registry, 2)
    (registry.root / "registry.db").write_bytes(backup)
    assert add(registry).number == 4
    assert (registry.root / "versions" / "2" / "manifest.json").read_bytes() == b"{}"


@pytest.mark.parametrize("fault", [ValueError("bug"), KeyboardInterrupt(), FileNotFoundError("x")])
def test_build_that_fails_leaves_nothing_and_its_own_error(registry: Registry, fault: BaseException) -> None:
    def fail(folder: Path) -> None:
        build(folder)
        raise fault

    with pytest.raises(type(fault)):
        registry.register(fail, FACTS, now=NOW)
    assert registry.versions() == []
    assert list((registry.root / "incoming").iterdir()) == []
    assert add(registry).number == 1


def test_build_on_a_full_disk_is_a_fault_of_the_surroundings(registry: Registry) -> None:
    def fail(folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder / "weights"))

    with pytest.raises(SurroundingsError, match="weights: No space left on device; free some space"):
        registry.register(fail, FACTS, now=NOW)


def test_build_that_writes_nothing_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="holds no files"):
        registry.register(lambda folder: None, FACTS, now=NOW)
    assert registry.versions() == []


def test_facts_are_checked_before_anything_is_built(registry: Registry) -> None:
    built: list[Path] = []
    with pytest.raises(RegistryError, match="half a character"):
        registry.register(built.append, msgspec.structs.replace(FACTS, notes="\ud800"), now=NOW)
    with pytest.raises(UsageError, match="without a time zone"):
        registry.register(built.append, FACTS, now=NOW.replace(tzinfo=None))
    assert built == []


@pytest.mark.parametrize(
    "ref", [0, -1, 2, 2**70, "2", "v99", "99999999999999999999", "champion", "champion@x", "", "/"]
)
def test_what_is_not_there_is_a_registry_error(registry: Registry, ref: str | int) -> None:
    with pytest.raises(RegistryError):
        registry.find(ref)
    add(registry)
    with pytest.raises(RegistryError, match=r"the newest is version 1|none is set|neither a version nor an alias"):
        registry.find(ref)
    assert registry.history() == []


def test_error_names_the_aliases_that_there_are(registry: Registry) -> None:
    add(registry)
    registry.set_alias("champion", 1, now=NOW, why="")
    with pytest.raises(RegistryError, match="no version has the alias challenger; known are: champion"):
        registry.find("challenger")


def test_version_whose_folder_was_deleted_is_named_with_the_way_out(registry: Registry) -> None:
    add(registry, 2)
    registry.set_alias("champion", 1, now=NOW, why="")
    registry.set_alias("champion", 2, now=NOW, why="")
    shutil.rmtree(registry.root / "versions" / "1")
    gone = "version 1 has lost its files: .*versions/1 was deleted, by surtitle prune or by hand; restore the folder "
    for action in (
        lambda: registry.find(1),
        lambda: registry.set_alias("challenger", 1, now=NOW, why=""),
        lambda: registry.rollback("champion", now=NOW, why=""),
        lambda: registry.record_verdict(verdict_about(1), alias="champion", now=NOW),
    ):
        with pytest.raises(RegistryError, match=gone):
            action()
    assert [version.number for version in registry.versions()] == [1, 2]
    assert registry.find("champion").number == 2


def test_version_that_was_edited_is_told(registry: Registry) -> None:
    version = add(registry)
    (version.folder / "manifest.json").write_text("{}\n")
    with pytest.raises(RegistryError, match="version 1 has been changed since it was registered"):
        registry.verify(1)


def test_row_that_cannot_be_read_is_named(registry: Registry) -> None:
    add(registry)
    with registry._database.write() as db:
        db.execute("UPDATE versions SET facts = '{\"task\": 1}'")
    with pytest.raises(RegistryError, match="unreadable for version 1"):
        registry.versions()


def test_client_gets_its_own_champion_or_else_the_general_one(registry: Registry) -> None:
    add(registry, 2)
    assert registry.resolve("champion", "science") is None
    registry.set_alias("champion", 1, now=NOW, why="")
    registry.set_alias("champion@science", 2, now=NOW, why="")
    numbers = [registry.resolve("champion", client) for client in (None, "science", "chess", "", "../x", "\ud800")]
    assert [version and version.number for version in numbers] == [1, 2, 1, 1, 1, 1]
    assert registry.resolve("challenger", "science") is None
    assert registry.aliases() == {"champion": 1, "champion@science": 2}
    with pytest.raises(RegistryError, match="no version has the alias champion@chess"):
        registry.find("champion@chess")
    with pytest.raises(RegistryError, match="neither"):
        registry.resolve("CHAMPION")


def test_move_is_kept_with_its_reason_and_verdict(registry: Registry) -> None:
    add(registry, 2)
    first = registry.set_alias("champion", 1, now=NOW, why="the first")
    verdict = verdict_about(2, champion=1)
    second = registry.set_alias("champion", 2, now=NOW, why="better", verdict=verdict)
    assert (first.from_version, first.to_version, first.kind, first.verdict_id) == (None, 1, "set", None)
    assert (second.from_version, second.to_version, second.kind, second.why) == (1, 2, "promote", "better")
    assert registry.history("champion") == registry.history() == [first, second]
    (recorded,) = registry.verdicts("champion")
    assert (recorded.id, recorded.verdict, recorded.judged_at) == (second.verdict_id, verdict, NOW)


def test_refusals_are_kept_too(registry: Registry) -> None:
    add(registry, 2)
    refusal = verdict_about(2, champion=1, passed=False)
    assert registry.record_verdict(refusal, alias="champion", now=NOW) == 1
    with pytest.raises(RegistryError, match="the gate refused version 2"):
        registry.set_alias("champion", 2, now=NOW, why="", verdict=refusal)
    move = registry.set_alias("champion", 2, now=NOW, why="known fault in the test set", verdict=refusal, forced=True)
    assert (move.kind, move.forced, move.verdict_id) == ("promote", True, 2)
    assert [recorded.verdict.passed for recorded in registry.verdicts()] == [False, False]
    assert registry.verdicts("challenger") == []
    with pytest.raises(RegistryError, match="there is no version 7"):
        registry.record_verdict(verdict_about(7), alias="champion", now=NOW)


def test_move_to_where_it_is_already_is_refused(registry: Registry) -> None:
    add(registry)
    registry.set_alias("champion", 1, now=NOW, why="")
    with pytest.raises(RegistryError, match="champion names version 1 already"):
        registry.set_alias("champion", 1, now=NOW, why="")
    assert len(registry.history()) == 1


def test_move_from_elsewhere_than_expected_is_refused(registry: Registry) -> None:
    add(registry, 2)
    with pytest.raises(RegistryError, match="champion names no version, not version 1 as expected"):
        registry.set_alias("champion", 2, now=NOW, why="", expect=1)
    registry.set_alias("champion", 1, now=NOW, why="", expect=None)
    with pytest.raises(RegistryError, match="champion names version 1, not no version as expected"):
        registry.set_alias("champion", 2, now=NOW, why="", expect=None)
    registry.set_alias("champion", 2, now=NOW, why="", expect=1)
    assert registry.aliases() == {"champion": 2}


def test_rollback_with_nothing_before_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="champion names no version"):
        registry.rollback("champion", now=NOW, why="")
    add(registry)
    registry.set_alias("champion", 1, now=NOW, why="")
    with pytest.raises(RegistryError, match="no version before 1 that was not rolled back"):
        registry.rollback("champion", now=NOW, why="")
    assert registry.aliases() == {"champion": 1}


def test_rollback_of_a_clients_only_champion_gives_it_the_general_one(registry: Registry) -> None:
    add(registry, 2)
    registry.set_alias("champion@science", 2, now=NOW, why="")
    with pytest.raises(RegistryError, match="no version before"):
        registry.rollback("champion@science", now=NOW, why="")
    registry.set_alias("champion", 1, now=NOW, why="")
    move = registry.rollback("champion@science", now=NOW, why="worse there")
    assert (move.from_version, move.to_version, move.kind) == (2, None, "rollback")
    found = registry.resolve("champion", "science")
    assert found is not None
    assert found.number == 1
    assert registry.aliases() == {"champion": 1}
    registry.set_alias("champion@science", 2, now=NOW, why="", expect=None)
    assert registry.find("champion@science").number == 2


def run_together(target: object, arguments: list[tuple[object, ...]]) -> list[object]:
    start, results = SPAWN.Event(), SPAWN.Queue()
    processes = [SPAWN.Process(target=target, args=(*each, start, results)) for each in arguments]  # type: ignore[arg-type]  # mixed
    for process in processes:
        process.start()
    start.set()
    answers = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    return answers


def test_eight_processes_register_at_once(registry: Registry) -> None:
    answers = run_together(register_many, [(registry.root, 5)] * 8)
    assert sorted(number for numbers in answers for number in numbers) == list(range(1, 41))  # type: ignore[attr-defined]  # lists
    assert_tidy(registry.root)


def test_threads_share_one_registry(registry: Registry) -> None:
    threads = [threading.Thread(target=add, args=(registry, 5)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [version.number for version in registry.versions()] == list(range(1, 41))
    assert_tidy(registry.root)


def test_of_six_processes_that_saw_one_champion_one_moves_it(registry: Registry) -> None:
    add(registry, 7)
    registry.set_alias("champion", 1, now=NOW, why="")
    answers = run_together(set_alias_once, [(registry.root, version) for version in range(2, 8)])
    (winner,) = (answer for answer in answers if isinstance(answer, int))
    assert registry.aliases() == {"champion": winner}
    assert len(registry.history()) == 2


class Aliases(RuleBasedStateMachine):
    """The registry's aliases against lists that are pushed to and popped from."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.registry = Registry(Path(self.folder.name))
        add(self.registry, 4)
        self.model: dict[str, list[int]] = {"champion": [], "champion@chess": []}
        self.moves = 0

    @rule(alias=st.sampled_from(["champion", "champion@chess"]), version=st.integers(1, 4))
    def set_alias(self, alias: str, version: int) -> None:
        stack = self.model[alias]
        if stack[-1:] == [version]:
            with pytest.raises(RegistryError):
                self.registry.set_alias(alias, version, now=NOW, why="")
            return
        self.registry.set_alias(alias, version, now=NOW, why="", expect=stack[-1] if stack else None)
        stack.append(version)
        self.moves += 1

    @rule(alias=st.sampled_from(["champion", "champion@chess"]))
    def rollback(self, alias: str) -> None:
        stack = self.model[alias]
        falls_back = alias == "champion@chess" and len(stack) == 1 and bool(self.model["champion"])
        if len(stack) < 2 and not falls_back:
            with pytest.raises(RegistryError):
                self.registry.rollback(alias, now=NOW, why="")
            return
        old = stack.pop()
        move = self.registry.rollback(alias, now=NOW, why="")
        assert (move.from_version, move.to_version) == (old, stack[-1] if stack else None)
        self.moves += 1

    @precondition(lambda self: hasattr(self, "registry"))
    @invariant()
    def agrees(self) -> None:
        expected = {alias: stack[-1] for alias, stack in self.model.items() if stack}
        assert self.registry.aliases() == expected
        assert len(self.registry.history()) == self.moves

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestAliases = Aliases.TestCase
TestAliases.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
