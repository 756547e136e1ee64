"""The user's own `module:function`, given and returning a table."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from surtitle.errors import DataError, MissingExtraError
from surtitle.prepare.findings import unreadable

__all__ = ["apply_function", "function_sources"]


def function_sources(root: Path, name: str) -> list[Path]:
    """Return the files whose text makes up the function: the Python files beside its module, and in its package."""
    module, _, _ = name.partition(":")
    package = root / module.partition(".")[0]
    files = set(root.glob("*.py"))
    return sorted(files | set(package.rglob("*.py"))) if package.is_dir() else sorted(files)


def apply_function(root: Path, name: str, table: pa.Table) -> pa.Table:
    """Call the function with `table` and return what it returns, as Arrow.

    The function is given a pandas DataFrame, unless the annotation of its first parameter names an Arrow table.
    The project's folder can be imported from while it runs.

    Parameters
    ----------
    root : Path
        The project's folder.
    name : str
        ``module:function``.
    table : Arrow table
        All columns as they came.

    Raises
    ------
    DataError
        If there is no such function, it fails, or it returns something else than a table.
    MissingExtraError
        If it is to be given a DataFrame and pandas is not installed.
    """
    with _project_importable(root):
        function = _load(root, name)
        given = table if _wants_arrow(function) else _to_pandas(table)
        try:
            returned = function(given)
        except Exception as error:
            raise _failed(root, name, error) from error
    return _to_arrow(returned, name)


@contextmanager
def _project_importable(root: Path) -> Iterator[None]:
    """Let modules of the project be imported for a while, and forget them afterwards: they may change."""
    before = set(sys.modules)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        if str(root) in sys.path:
            sys.path.remove(str(root))
        for module in set(sys.modules) - before:
            file = getattr(sys.modules[module], "__file__", None)
            if file and Path(file).is_relative_to(root):
                del sys.modules[module]


def _load(root: Path, name: str) -> Callable[[Any], Any]:
    module_name, _, function_name = name.partition(":")
    path = root.joinpath(*module_name.split(".")).with_suffix(".py")
    if not path.is_file():
        raise unreadable("data.prepare", f"{path} does not exist", f"put {function_name} into it")
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise unreadable("data.prepare", f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    try:
        # Compiled from the text each time: a cached byte code may be older than an edit within the same second.
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)  # noqa: S102 - the user's own
    except Exception as error:
        raise _failed(root, name, error) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise unreadable(
            "data.prepare", f"{path.name} has no function {function_name!r}", f"there: {_functions(module)}"
        )
    return function  # type: ignore[no-any-return]  # callable() narrows Any to nothing more precise


def _functions(module: Any) -> str:
    names = [name for name, value in vars(module).items() if inspect.isfunction(value)]
    return ", ".join(names) or "none"


def _failed(root: Path, name: str, error: Exception) -> DataError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    where = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else name
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{Path(error.filename).name}, line {error.lineno}"
    return unreadable(where, f"{name} failed with {type(error).__name__}: {error}", "mend the function")


def _wants_arrow(function: Callable[[Any], Any]) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    annotation = parameters[0].annotation if parameters else ""
    text = annotation if isinstance(annotation, str) else f"{getattr(annotation, '__module__', '')}.{annotation!r}"
    return annotation is pa.Table or "pyarrow" in text or text.split(".")[0] == "pa"


def _to_pandas(table: pa.Table) -> Any:
    try:
        return table.to_pandas()
    except ImportError:
        raise MissingExtraError("pandas", "pandas") from None


def _to_arrow(returned: Any, name: str) -> pa.Table:
    if isinstance(returned, pa.RecordBatch):
        return pa.Table.from_batches([returned])
    if isinstance(returned, pa.Table):
        return returned
    what = "None: does it return the table?" if returned is None else f"a {type(returned).__name__}"
    if type(returned).__module__.partition(".")[0] != "pandas" or type(returned).__name__ != "DataFrame":
        raise unreadable("data.prepare", f"{name} returned {what}", "return a pandas DataFrame or an Arrow table")
    try:
        return pa.Table.from_pandas(returned, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise unreadable("data.prepare", f"{name} returned a DataFrame that Arrow cannot hold: {error}") from error
