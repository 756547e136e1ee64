import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.arrow import number_array, string_array, to_numbers

TIME = pa.timestamp("us", "UTC")


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_strings_come_back(values: list[str | None]) -> None:
    array = string_array(values)
    array.validate(full=True)
    assert array.to_pylist() == values
    assert array.null_count == values.count(None)


@given(st.text())
def test_any_string_can_be_stored(text: str) -> None:
    array = string_array([text])
    array.validate(full=True)
    [stored] = array.to_pylist()
    assert len(stored) <= len(text)  # two halves of a surrogate pair are one character


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    assert string_array(["a\ud83d", "b"]).to_pylist() == ["a\N{REPLACEMENT CHARACTER}", "b"]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_numbers_come_back(values: list[int]) -> None:
    array = number_array(np.array(values, np.int64), pa.int64())
    assert array.to_pylist() == values
    assert to_numbers(pa.chunked_array([array]), "int64").tolist() == values


@given(st.lists(st.tuples(st.integers(0, 10**15), st.booleans())), st.integers(0, 20), st.integers(0, 20))
def test_times_come_back_whichever_way_they_are_cut(rows: list[tuple[int, bool]], first: int, second: int) -> None:
    values = np.array([value for value, _ in rows], np.int64)
    present = np.array([known for _, known in rows], bool)
    array = number_array(values, TIME, present)
    cut = pa.chunked_array([array.slice(0, first), array.slice(first, second), array.slice(first + second)])
    expected = np.where(present, values.astype("datetime64[us]"), np.datetime64("NaT"))
    np.testing.assert_array_equal(to_numbers(cut, "datetime64[us]"), expected)
    assert cut.to_pylist() == array.to_pylist()


def test_a_column_without_rows_has_no_numbers() -> None:
    assert to_numbers(pa.chunked_array([], pa.uint64()), "uint64").tolist() == []


def test_numbers_of_another_width_are_refused() -> None:
    with pytest.raises(TypeError, match="int32 is not as wide as int64"):
        number_array(np.array([1], np.int32), pa.int64())


def test_a_missing_number_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 numbers are missing"):
        to_numbers(pa.chunked_array([pa.array([1, None], pa.int64())]), "int64")


def test_pandas_is_not_imported() -> None:
    code = (
        "import sys, numpy as np, pyarrow as pa; from surtitle.prepare.arrow import *;"
        "string_array(['a']); to_numbers(pa.chunked_array([number_array(np.arange(3), pa.int64())]), 'int64');"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
