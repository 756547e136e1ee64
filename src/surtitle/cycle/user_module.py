"""A function of the user's own, imported as Python imports: the types of its estimator keep their names."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surtitle.errors import Fault, SettingsError

__all__ = ["load_function"]


def load_function(reference: str, root: Path, *, setting: str) -> Callable[..., Any]:
    """Import a user's function, written ``module:function``, from the project's folder.

    Parameters
    ----------
    reference : str
        Module and function.
    root : Path
        The project's folder, where the module is looked for first.
    setting : str
        Which setting named it, for messages.

    Raises
    ------
    SettingsError
        If the module or the function is not there, or importing it fails.
    """
    module_name, _, function_name = reference.partition(":")
    _forget(module_name, root)
    sys.path.insert(0, str(root))
    try:
        importlib.invalidate_caches()
        module = importlib.import_module(module_name)
    except Exception as error:
        # Whatever a user's module raises while it is imported is theirs to see, with the setting that led there.
        what = f"importing {module_name!r} failed: {type(error).__name__}: {error}"
        fault = Fault(setting, what, f"is there a {module_name.replace('.', '/')}.py beside surtitle.toml?")
        raise SettingsError("your function cannot be loaded", [fault]) from error
    finally:
        sys.path.remove(str(root))
    function = getattr(module, function_name, None)
    if not callable(function):
        fault = Fault(setting, f"{module_name} has no function {function_name!r}")
        raise SettingsError("your function cannot be loaded", [fault])
    return function  # type: ignore[no-any-return]  # callable() narrows Any to nothing more precise


def _forget(module_name: str, root: Path) -> None:
    """Let a module of the project be read again: in a notebook it may have been edited since it was last imported."""
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if file and Path(file).is_relative_to(root):
        del sys.modules[module_name]
