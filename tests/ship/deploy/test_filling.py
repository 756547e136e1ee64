import re
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from surtitle.ship.deploy.filling import fill


def test_a_block_is_indented_as_its_place_and_an_empty_one_leaves_no_line() -> None:
    assert fill("a:\n  @{x}\n  @{y}\nend\n", {"x": "1:\n  2\n\n3", "y": ""}) == "a:\n  1:\n    2\n\n  3\nend\n"


def test_what_looks_like_a_place_in_a_value_stays_as_it_is() -> None:
    assert fill("@{x} $y ${z} @w\n", {"x": "@{x}"}) == "@{x} $y ${z} @w\n"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("@{x}", {})


def test_no_template_names_a_place_wrongly() -> None:
    for path in _templates():
        text = path.read_text(encoding="utf-8")
        assert text.count("@{") == len(re.findall(r"@\{\w+\}", text)), path


def _templates() -> list[Traversable]:
    found: list[Traversable] = []
    left: list[Traversable] = [files("surtitle.ship.deploy") / "templates"]
    while left:
        for each in left.pop().iterdir():
            (left if each.is_dir() else found).append(each)
    assert len(found) > 15
    return found
