"""Templates filled in: ``@{name}`` stands for a value, and nothing else has a meaning."""

import re
from collections.abc import Mapping
from importlib.resources import files

__all__ = ["fill", "template"]

_PLACE = re.compile(r"^(?P<indent> *)@\{(?P<block>\w+)\}\n|@\{(?P<name>\w+)\}", re.M)


def fill(text: str, values: Mapping[str, object]) -> str:
    r"""Put the values into a template.

    A place that stands alone on its line takes a block: its lines are indented as the place is, and of an empty one the
    line goes.

    Raises
    ------
    KeyError
        If a value is missing.

    Examples
    --------
    >>> fill("a:\n  @{rows}\n  @{none}\nb: @{b}\n", {"rows": "x: 1\ny: 2", "none": "", "b": 3})
    'a:\n  x: 1\n  y: 2\nb: 3\n'
    """

    def value_at(match: "re.Match[str]") -> str:
        if match["name"] is not None:
            return str(values[match["name"]])
        lines = str(values[match["block"]]).splitlines()
        return "".join(f"{match['indent']}{line}".rstrip() + "\n" for line in lines)

    return _PLACE.sub(value_at, text)


def template(name: str, values: Mapping[str, object]) -> str:
    """Fill in a file of `templates/`."""
    return fill((files("surtitle.ship.deploy") / "templates" / name).read_text(encoding="utf-8"), values)
