from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.columns import Mapped, Mapper, column_faults, plain
from surtitle.prepare.readers import Chunk
from surtitle.project import parse_settings

SETTINGS = """
[data]
source = "a.csv"
text = "body"
label = "removed"
id = "key"
time = "created"
client = "shop"
[split]
by = "stratified"
group = "author"
[evaluate]
slices = ["flair", "client"]
"""


def mapped(more: str = "", base: str = SETTINGS) -> Mapped:
    return Mapped.of(parse_settings(base + more))


def chunk(**columns: list[object]) -> Chunk:
    return Chunk("a.csv", range(1, len(next(iter(columns.values()))) + 1), dict(columns))


def test_the_settings_say_which_column_is_what() -> None:
    found = mapped()
    assert (found.text, found.label, found.id, found.time, found.client) == (
        "body",
        "removed",
        "key",
        "created",
        "shop",
    )
    assert found.extras == ("flair", "client", "author")
    assert found.group == ""
    assert not found.need_time


@pytest.mark.parametrize(
    ("settings", "group", "need_time"),
    [
        ('[split]\nby = "auto"\ngroup = "g"', "g", False),
        ('time = "t"\n[split]\nby = "auto"\ngroup = "g"', "", True),
        ('time = "t"\n[split]\nby = "group"\ngroup = "g"', "g", False),
        ('time = "t"\n[split]\nby = "time"', "", True),
    ],
)
def test_the_group_and_the_time_matter_as_the_split_goes(settings: str, group: str, need_time: bool) -> None:
    found = mapped(base=f'[data]\nsource = "a.csv"\n{settings}\n')
    assert (found.group, found.need_time) == (group, need_time)


def test_every_missing_column_is_named_with_the_nearest() -> None:
    faults = [str(fault) for fault in column_faults(mapped(), ["Body", "removd", "shop", "flair"], "a.csv")]
    assert len(faults) == 6
    assert faults[0] == (
        "data.text: a.csv has no column 'body'; did you mean 'Body'? there are: Body, removd, shop, flair"
    )
    assert "did you mean 'removd'?" in faults[1]
    assert {fault.split(":")[0] for fault in faults[2:]} == {"data.id", "data.time", "evaluate.slices", "split.group"}


def test_a_column_named_as_the_tables_own_is_reserved() -> None:
    assert mapped(base='[data]\nsource = "a.csv"\n[evaluate]\nslices = ["id", "flair"]').reserved == ["id"]
    assert mapped(base='[data]\nsource = "a.csv"\nclient = "client"\n[evaluate]\nslices = ["client"]').extras == ()


def test_rows_become_examples_with_all_their_columns() -> None:
    mapper = Mapper(mapped(), max_text_bytes=1000)
    examples, bad = mapper.map(
        chunk(
            body=["Hello!", "b"],
            removed=[1, " 0 "],
            key=["x", None],
            created=["2017-03-01", ""],
            shop=[7, ""],
            flair=["f", None],
            author=["me", "you"],
        )
    )
    assert bad == []
    assert (examples.text, examples.label, examples.id) == (["Hello!", "b"], ["1", "0"], ["x", None])
    assert examples.time == [1_488_326_400_000_000, None]
    assert examples.client == ["7", None]
    assert examples.extras == {"flair": ["f", None], "author": ["me", "you"], "client": [None, None]}
    assert examples.group == []


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    mapper = Mapper(mapped(base='[data]\nsource = "a.csv"\n[split]\ngroup = "g"\n'), max_text_bytes=1000)
    examples, _ = mapper.map(chunk(text=["a", "b", "c", "d"], label=["1"] * 4, g=["x", "x", None, ""]))
    assert examples.group[0] == examples.group[1]
    assert len(set(examples.group)) == 3


@pytest.mark.parametrize(
    ("text", "label", "time", "kind", "reason"),
    [
        (None, "1", "2017-03-01", "text", "has no text"),
        ("", "1", "2017-03-01", "text", "has no text"),
        (" \n\u00a0", "1", "2017-03-01", "text", "has no text"),
        ([1], "1", "2017-03-01", "text", "has no text"),
        ("é" * 600, "1", "2017-03-01", "long", "more than data.max_row_bytes = 1,000"),
        ("a", None, "2017-03-01", "label", "has no label"),
        ("a", "  ", "2017-03-01", "label", "has no label"),
        ("a", float("nan"), "2017-03-01", "label", "has no label"),
        ("a", "1", "", "time", "has no time"),
        ("a", "1", "soon", "time", "has a time that cannot be read: 'soon'"),
    ],
)
def test_a_row_that_cannot_be_an_example_is_said_to_be_so(
    text: object, label: object, time: object, kind: str, reason: str
) -> None:
    mapper = Mapper(mapped(base='[data]\nsource = "a.csv"\ntime = "time"\n'), max_text_bytes=1000)
    examples, bad = mapper.map(chunk(text=["fine", text], label=["1", label], time=["2017-03-01", time]))
    assert examples.row == [1]
    assert [(row.row, row.kind) for row in bad] == [(2, kind)]
    assert reason in bad[0].reason


def test_where_the_split_needs_no_time_a_wrong_one_is_counted_and_the_row_kept() -> None:
    mapper = Mapper(mapped(), max_text_bytes=1000)
    examples, bad = mapper.map(chunk(body=["a", "b"], removed=[1, 0], created=["soon", ""]))
    assert (examples.time, bad) == ([None, None], [])
    assert (mapper.n_bad_times, mapper.bad_times[0].row) == (1, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", "1"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (Decimal("1.00"), "1"),
        (False, "false"),
        (date(2017, 3, 1), "2017-03-01"),
        (datetime(2017, 3, 1, 12), "2017-03-01T12:00:00"),
        (float("inf"), "inf"),
        (None, None),
        ({}, None),
        (b"x", None),
    ],
)
def test_values_become_the_text_that_people_would_write(value: object, text: str | None) -> None:
    assert plain(value) == text


@given(st.integers())
def test_whole_numbers_are_the_same_as_integers_and_as_decimals(value: int) -> None:
    assert plain(value) == plain(Decimal(value)) == str(value)
