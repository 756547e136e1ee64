"""Delimiter, quoting and header told from the head of a file."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.layout import propose_layout


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    sample = "".join(f"{delimiter.join(row)}\n" for row in [("text", "label"), ("so it is", "1"), ("so, not", "0")])
    assert propose_layout(sample).delimiter == (delimiter if delimiter != "," else propose_layout(sample).delimiter)


def test_commas_inside_quoted_text_are_not_delimiters() -> None:
    layout = propose_layout('text,label\n"well, well, well",1\n"no; really; no",0\n')
    assert (layout.delimiter, layout.quote, layout.rows[0]) == (",", '"', ("well, well, well", "1"))


def test_line_breaks_inside_quotes_keep_a_row_together() -> None:
    layout = propose_layout('text,label\n"one\ntwo",1\n"three",0\n')
    assert layout.rows == (("one\ntwo", "1"), ("three", "0"))


@pytest.mark.parametrize(
    "line",
    ['ham\tHe said "hello', 'ham\t"Hello" he said', 'ham\t"unclosed', 'ham\t"'],
)
def test_quotes_that_are_part_of_the_text_turn_quoting_off(line: str) -> None:
    layout = propose_layout(f'ham\tfine here\n{line}\nspam\twin a prize\nham\t"quoted whole"\n', likely="\t")
    starts = line.split("\t")[1].startswith('"')
    assert layout.quote == ("" if starts else '"')
    assert len(layout.rows) == 4


def test_doubled_quotes_are_proper_quoting() -> None:
    layout = propose_layout('text,label\n"he said ""no"" twice",1\n"""yes""",0\n')
    assert (layout.quote, layout.rows[1][0]) == ('"', '"yes"')


@pytest.mark.parametrize(
    ("first", "has_header"),
    [
        ("text,label", True),
        ("Tweet text,Is spam?", False),
        ("created_utc,removed", True),
        (",class", True),
        ("this is a whole sentence and no name,0", False),
        ("hello,1", False),
        ("2015-02-17,kept", False),
        ("text,text", False),
    ],
)
def test_a_header_is_told_from_data(first: str, has_header: bool) -> None:
    assert propose_layout(f"{first}\nsome words here,0\nother words there,1\n").header is has_header


def test_a_first_row_whose_value_comes_again_is_data() -> None:
    assert not propose_layout("ham,hello\nspam,win\nham,bye\n").header


def test_what_is_told_is_taken() -> None:
    layout = propose_layout("a;b\nc;d\n", delimiter=";", quote="", header=False, columns=["x", "y"])
    assert (layout.names, layout.rows) == (("x", "y"), (("a", "b"), ("c", "d")))


def test_names_that_are_told_speak_for_a_file_without_header() -> None:
    assert not propose_layout("text,label\nyes,1\n", columns=["text", "label"]).header


def test_rows_of_another_length_are_left_out() -> None:
    assert propose_layout("text,label\nyes,1\nbroken\nno,0\nmaybe,1\n").rows == (
        ("yes", "1"),
        ("no", "0"),
        ("maybe", "1"),
    )


def test_a_single_column_is_read_as_one() -> None:
    layout = propose_layout("text\nhello there\ngood bye\n")
    assert (layout.names, layout.rows) == (("text",), (("hello there",), ("good bye",)))


@pytest.mark.parametrize("sample", ["", "\n", "\0", '"', "a"])
def test_hardly_anything_is_no_crash(sample: str) -> None:
    assert len(propose_layout(sample).rows) <= 1


def test_a_giant_field_is_no_crash() -> None:
    assert propose_layout("text,label\n" + "x" * 1_000_000 + ",1\n").names == ("text", "label")


@given(st.text(max_size=300))
def test_any_text_gives_rows_as_long_as_the_names(sample: str) -> None:
    layout = propose_layout(sample)
    assert all(len(row) == len(layout.names) for row in layout.rows)


# Without commas: a line that breaks right beside one would be whole by itself, which only a loose quote explains.
_WORDS = st.text("abc ;\"'\n", min_size=1, max_size=20)


@given(st.lists(st.tuples(_WORDS, st.sampled_from("01")), min_size=1, max_size=20))
def test_what_the_csv_module_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    # Every field quoted, so that nothing is loose.
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("body", "removed"), *rows])
    layout = propose_layout(text.getvalue(), header=True, delimiter=",")
    assert layout.rows == tuple(rows)
