from pathlib import Path

import pytest

from surtitle.cycle.user_module import load_function
from surtitle.errors import SettingsError


def test_a_function_of_the_project_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine_found.py").write_text("def make():\n    return 7\n")
    assert load_function("mine_found:make", tmp_path, setting="train.estimator")() == 7


@pytest.mark.parametrize(
    ("source", "reference", "message"),
    [
        ("", "no_such_module:make", r"train.estimator: importing 'no_such_module' failed.*no_such_module.py"),
        ("x = 1", "mine_lacking:make", r"mine_lacking has no function 'make'"),
        ("make = 3", "mine_number:make", r"mine_number has no function 'make'"),
        ("raise ValueError('boom')", "mine_broken:make", r"importing 'mine_broken' failed: ValueError: boom"),
        ("def make(:", "mine_syntax:make", r"SyntaxError"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_reported_with_its_setting(
    tmp_path: Path, source: str, reference: str, message: str
) -> None:
    if source:
        (tmp_path / f"{reference.split(':')[0]}.py").write_text(source)
    with pytest.raises(SettingsError, match=message):
        load_function(reference, tmp_path, setting="train.estimator")


def test_an_edited_module_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine_edited.py"
    path.write_text("def make():\n    return 7\n")
    assert load_function("mine_edited:make", tmp_path, setting="train.estimator")() == 7
    path.write_text("def make():\n    return 'eight'\n")
    assert load_function("mine_edited:make", tmp_path, setting="train.estimator")() == "eight"
