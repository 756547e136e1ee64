import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.decode import Columns, Decoder, moment
from surtitle.stream.ports import Batch
from tests.stream.streams import NOW


def _decoder(**columns: object) -> Decoder:
    return Decoder(Columns(**columns), max_record_bytes=1000, max_ahead_us=0)  # type: ignore[arg-type]  # all are str


def test_rows_of_csv_are_read_by_their_columns() -> None:
    batch = Batch("a.csv", [b'1,"two\nlines",x\r', b"2,,y", b"3,c"], [0, 1, 2], columns=("id", "text", "more"))
    events = _decoder(id="id").decode(batch, NOW)
    assert (events.ids, events.texts, list(events.positions)) == (["1", "2"], ["two\nlines", ""], [0, 1])
    (letter,) = events.dead
    assert (letter.position, letter.reason, letter.columns) == (2, "has 2 fields, the header has 3", batch.columns)


@pytest.mark.parametrize("row", [b'1,"open', b"\xff,a", b'1,"a"b', b"", b"1\n2"])
def test_a_bad_row_of_csv_is_a_dead_letter(row: bytes) -> None:
    events = _decoder().decode(Batch("a.csv", [row, b"1,a"], [0, 1], columns=("id", "text")), NOW)
    assert events.texts == ["a"]
    assert len(events.dead) == 1


def test_csv_without_the_text_is_told_of() -> None:
    events = _decoder().decode(Batch("a.csv", [b"1"], [0], columns=("id",)), NOW)
    assert events.dead[0].reason == "Object missing required field `text`"


def test_a_line_may_be_the_text_itself() -> None:
    events = _decoder(whole=True).decode(Batch("a.log", [b'{"not": "read"}', b"\xff"], [0, 1]), NOW)
    assert events.texts == ['{"not": "read"}']
    assert events.dead[0].reason == "is not UTF-8 (byte 0)"


def test_fields_go_by_their_names_and_become_text() -> None:
    decoder = _decoder(text="body", client="forum", others=("author", "flag"))
    value = b'{"body": "a", "forum": 7, "author": null, "flag": true, "text": 5}'
    events = decoder.decode(Batch("a", [value], [0]), NOW)
    assert (events.texts, events.clients, events.others) == (["a"], ["7"], {"author": [None], "flag": ["true"]})
    assert events.column("client", "forum") == events.column("forum", "forum") == ["7"]


@pytest.mark.parametrize(
    "time", ['"2026-01-01T00:00:00Z"', "1767225600", "1767225600000", '"2026-01-01 01:00:00+01:00"']
)
def test_times_are_read_as_people_write_them(time: str) -> None:
    events = _decoder(time="at").decode(Batch("a", [b'{"text": "a", "at": %s}' % time.encode()], [0]), NOW * 2)
    assert moment(events.times_us[0]).isoformat() == "2026-01-01T00:00:00+00:00"


def test_keys_stay_with_their_records() -> None:
    batch = Batch("a", [b"bad", b'{"text": "a"}'], [5, 6], keys=[b"x", b"y"])
    assert _decoder().decode(batch, NOW).keys == [b"y"]


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_comes_is_an_event_or_a_dead_letter(values: list[bytes]) -> None:
    events = _decoder(time="time").decode(Batch("a", values, range(len(values))), NOW)
    places = sorted([*events.positions, *(letter.position for letter in events.dead)])
    assert places == list(range(len(values)))
