"""What one command of a script is given."""

import pytest

from surtitle.ship.lint.shell import read_script
from surtitle.ship.lint.source import Stretch


@pytest.mark.parametrize(
    ("words", "value"), [("a --port 1", "1"), ("a --port=1", "1"), ("a -p 1", "1"), ("a", None), ("a --port", None)]
)
def test_options_have_values(words: str, value: str | None) -> None:
    (command,) = read_script(Stretch([(0, words)]))
    assert command.option("-p", "--port") == value
