from pathlib import Path

from surtitle.stream.kafka.instance import Instance


def test_processes_at_the_same_time_have_different_names(tmp_path: Path) -> None:
    held = [Instance("s", folder=tmp_path) for _ in range(3)]
    assert len({instance.name for instance in held}) == 3
    for instance in held:
        instance.close()


def test_who_comes_back_has_the_name_that_became_free(tmp_path: Path) -> None:
    held = [Instance("s", folder=tmp_path) for _ in range(3)]
    held[1].close()
    assert Instance("s", folder=tmp_path).name == held[1].name


def test_streams_do_not_share_places(tmp_path: Path) -> None:
    assert Instance("a", folder=tmp_path).name == Instance("b", folder=tmp_path).name


def test_a_name_that_was_given_is_taken_as_it_is(tmp_path: Path) -> None:
    assert Instance("s", "blue", folder=tmp_path).name == "blue"
    assert not list(tmp_path.iterdir())


def test_closing_twice_is_allowed(tmp_path: Path) -> None:
    instance = Instance("s", folder=tmp_path)
    instance.close()
    instance.close()
