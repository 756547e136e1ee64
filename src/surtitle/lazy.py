"""Packages whose names are imported when they are first used (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["names_from"]


def names_from(package: str, home: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, which finds each name in its module.

    Parameters
    ----------
    package : str
        Its `__name__`.
    home : mapping of str to str
        A public name to the module, inside the package, that it lives in.

    Raises
    ------
    AttributeError
        From the function returned, for any other name.

    Examples
    --------
    >>> find = names_from("json", {"JSONDecoder": "decoder"})
    >>> find("JSONDecoder").__module__
    'json.decoder'
    """

    def find(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return find
