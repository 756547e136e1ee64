import sys
from pathlib import Path

import pyarrow as pa
import pytest

from surtitle.errors import DataError, MissingExtraError
from surtitle.prepare.user_function import apply_function, function_sources

TABLE = pa.table({"text": ["a", "b"], "label": ["0", "1"]})


def apply(root: Path, code: str, name: str = "mine:prepare") -> pa.Table:
    (root / "mine.py").write_text(code)
    return apply_function(root, name, TABLE)


def test_a_function_is_given_a_data_frame(tmp_path: Path) -> None:
    code = "def prepare(table):\n    table['text'] = table['text'].str.upper()\n    return table[table.label == '1']\n"
    assert apply(tmp_path, code).to_pydict() == {"text": ["B"], "label": ["1"]}


@pytest.mark.parametrize(
    "head",
    [
        "import pyarrow as pa\ndef prepare(table: pa.Table) -> pa.Table:",
        "from __future__ import annotations\nimport pyarrow as pa\ndef prepare(table: pa.Table):",
        "def prepare(table: 'pyarrow.Table'):",
    ],
)
def test_a_function_that_asks_for_arrow_is_given_arrow(tmp_path: Path, head: str) -> None:
    assert apply(tmp_path, f"{head}\n    return table.slice(1)\n").to_pydict() == {"text": ["b"], "label": ["1"]}


def test_it_may_import_modules_of_the_project_and_an_edit_is_seen_at_once(tmp_path: Path) -> None:
    code = "import words\ndef prepare(table):\n    return table.assign(text=words.WORD)\n"
    for word in ("one", "two"):
        (tmp_path / "words.py").write_text(f"WORD = {word!r}\n")
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            assert apply(tmp_path, code)["text"].to_pylist() == [word, word]
        finally:
            sys.dont_write_bytecode = before
    assert "words" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_a_module_inside_a_package_is_found_and_hashed_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep").mkdir(parents=True)
    (tmp_path / "lib" / "deep" / "clean.py").write_text("def run(table):\n    return table.head(1)\n")
    assert apply_function(tmp_path, "lib.deep.clean:run", TABLE).num_rows == 1
    assert [path.name for path in function_sources(tmp_path, "lib.deep.clean:run")] == ["clean.py"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "def prepare(table):\n    x = 1\n    return table['nothing']\n",
            r"mine\.py, line 3: mine:prepare failed with KeyError",
        ),
        ("def prepare(table):\n    pass\n", "returned None: does it return the table"),
        ("def prepare(table):\n    return [1]\n", "returned a list; return a pandas DataFrame or an Arrow table"),
        ("def other(table):\n    pass\n", r"mine\.py has no function 'prepare'; there: other"),
        ("prepare = 1\n", "has no function"),
        ("def prepare(table:\n", r"mine\.py, line 1: mine:prepare failed with SyntaxError"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError"),
        ("def prepare(a, b):\n    return a\n", "TypeError"),
        (
            "def prepare(table):\n    table['o'] = [object(), object()]\n    return table\n",
            "returned a DataFrame that Arrow cannot hold",
        ),
    ],
)
def test_what_goes_wrong_is_said_with_the_function_and_the_line(tmp_path: Path, code: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        apply(tmp_path, code)


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.py does not exist"):
        apply_function(tmp_path, "absent:prepare", TABLE)


def test_without_pandas_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surtitle.prepare.user_function._to_pandas", _no_pandas)
    with pytest.raises(MissingExtraError, match=r"surtitle\[pandas\]"):
        apply(tmp_path, "def prepare(table):\n    return table\n")


def _no_pandas(table: pa.Table) -> None:
    raise MissingExtraError("pandas", "pandas")
