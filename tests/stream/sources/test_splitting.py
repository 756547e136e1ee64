import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.sources.splitting import Splitter

chunks = st.lists(st.binary(max_size=12).map(lambda value: value.replace(b"\x00", b"\n")), max_size=12)


def _all(parts: list[bytes], *, max_bytes: int = 1000, quoted: bool = False) -> list[tuple[bytes, int]]:
    splitter = Splitter(max_bytes=max_bytes, quoted=quoted)
    return [record for part in parts for record in splitter.feed(part)] + splitter.rest()


@given(chunks)
def test_chunks_make_no_difference_to_lines(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    found = _all(parts)
    lines = whole.split(b"\n")
    assert [value for value, _ in found] == (lines if lines[-1] else lines[:-1])
    assert sum(size for _, size in found) == len(whole)


@given(st.lists(st.sampled_from([b'"', b"a", b"\n", b",", b'a"\n', b"long" * 4]), max_size=30), st.integers(1, 30))
def test_every_byte_of_csv_belongs_to_one_record(parts: list[bytes], max_bytes: int) -> None:
    found = _all(parts, max_bytes=max_bytes, quoted=True)
    assert sum(size for _, size in found) == len(b"".join(parts))


@given(st.lists(st.lists(st.text("ab\n\"',", max_size=5), min_size=2, max_size=3), max_size=5), st.integers(1, 7))
def test_rows_of_csv_are_those_of_pythons_reader(rows: list[list[str]], step: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    content = text.getvalue().encode()
    found = _all([content[at : at + step] for at in range(0, len(content), step)], quoted=True)
    read = [row for value, _ in found for row in csv.reader([value.decode()])]
    assert [row for row in read if row] == rows


def test_of_a_line_that_is_too_long_one_byte_more_is_kept() -> None:
    assert _all([b"abc", b"defgh", b"ij\nk\n"], max_bytes=4) == [(b"abcde", 11), (b"k", 2)]


@pytest.mark.parametrize("rest", [b"", b"\n"])
def test_quotes_that_never_close_cost_one_row(rest: bytes) -> None:
    found = _all([b'a,"b\nc,d\ne,f' + rest], quoted=True)
    assert [value for value, _ in found] == [b'a,"b', b"c,d", b"e,f"]


def test_quotes_that_do_not_close_in_time_cost_one_row() -> None:
    lines = b"".join(b"row %d,x\n" % number for number in range(20))
    found = _all([b'a,"b\n' + lines], max_bytes=50, quoted=True)
    assert [value for value, _ in found] == [b'a,"b', *lines.splitlines()]
