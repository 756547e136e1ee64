import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import DataError
from surtitle.prepare.findings import BadRow
from surtitle.prepare.readers import CsvForm, read_csv

COMMA = CsvForm()
LOOSE = CsvForm(quote="")


def read(raw: bytes, form: CsvForm = COMMA) -> tuple[list[int], list[tuple[str, ...]], list[BadRow]]:
    numbers: list[int] = []
    rows: list[tuple[str, ...]] = []
    bad: list[BadRow] = []
    for chunk in read_csv(io.BytesIO(raw), "a.csv", form):
        numbers.extend(chunk.rows)
        rows.extend(zip(*chunk.columns.values(), strict=True))
        bad.extend(chunk.bad)
    return numbers, rows, bad


def test_quoted_fields_may_hold_newlines_quotes_and_delimiters() -> None:
    _, rows, bad = read(b'text,label\r\n"one\r\ntwo, ""three""",1\r\nplain,0\r\n')
    assert rows == [('one\r\ntwo, "three"', "1"), ("plain", "0")]
    assert bad == []


def test_a_byte_order_mark_is_dropped_with_and_without_header() -> None:
    chunk = next(read_csv(io.BytesIO(b"\xef\xbb\xbftext,label\na,1\n"), "a.csv", COMMA))
    assert list(chunk.columns) == ["text", "label"]
    form = CsvForm(header=False, columns=("text", "label"))
    assert read(b"\xef\xbb\xbfa,1\n", form)[1] == [("a", "1")]


def test_a_file_without_header_takes_the_names_given() -> None:
    form = CsvForm(delimiter="\t", quote="", header=False, columns=("label", "text"))
    chunk = next(read_csv(io.BytesIO(b'ham\t"loose\nspam\tfine\n'), "a.tsv", form))
    assert chunk.columns == {"label": ("ham", "spam"), "text": ('"loose', "fine")}
    assert chunk.rows == [1, 2]


def test_blank_lines_are_no_rows() -> None:
    numbers, rows, bad = read(b"text,label\n\na,1\n\r\n\nb,0\n\n")
    assert (numbers, rows, bad) == ([1, 2], [("a", "1"), ("b", "0")], [])


def test_a_missing_last_newline_loses_nothing() -> None:
    assert read(b"text,label\na,1")[1] == [("a", "1")]


def test_too_many_and_too_few_fields_are_bad_rows_with_their_numbers() -> None:
    numbers, _, bad = read(b"text,label\na,1\nb\nc,1,x\nd,0\n")
    assert numbers == [1, 4]
    assert [(row.row, row.line, row.reason) for row in bad] == [
        (2, 3, "has 1 field instead of 2"),
        (3, 4, "has 3 fields instead of 2"),
    ]
    assert bad[0].excerpt == "b"


def test_bytes_that_are_not_utf_8_make_bad_rows_of_their_rows_only() -> None:
    numbers, rows, bad = read("text,label\ncafé,1\nok,0\n".encode("latin-1") + "schön,1\n".encode())
    assert numbers == [2, 3]
    assert rows[1] == ("schön", "1")
    assert [(row.row, row.kind) for row in bad] == [(1, "undecodable")]


def test_latin_1_is_read_when_it_is_said() -> None:
    assert read("text,label\ncafé,1\n".encode("latin-1"), CsvForm(encoding="latin-1"))[1] == [("café", "1")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_encodings_with_other_line_ends_are_read(encoding: str) -> None:
    raw = 'text,label\n"caf\u00e9\n\u4e0a",1\nb,0\n'.encode(encoding)
    assert read(raw, CsvForm(encoding=encoding))[1] == [("caf\u00e9\n\u4e0a", "1"), ("b", "0")]


def test_utf_16_that_was_not_said_is_recognised() -> None:
    with pytest.raises(DataError, match=r'set data\.encoding = "utf-16"'):
        read("text,label\na,1\n".encode("utf-16"))


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(DataError, match="'utf-9' is not an encoding"):
        read(b"text,label\na,1\n", CsvForm(encoding="utf-9"))


def test_nul_bytes_stay_in_the_text() -> None:
    assert read(b"text,label\na\0b,1\n")[1] == [("a\0b", "1")]


def test_an_unclosed_quote_costs_its_own_row_only() -> None:
    numbers, rows, bad = read(b'text,label\na,1\n"b,1\nc,0\nd,1\n')
    assert numbers == [1, 3, 4]
    assert [row[0] for row in rows] == ["a", "c", "d"]
    assert [(row.row, row.line, row.kind) for row in bad] == [(2, 3, "quote")]
    assert bad[0].reason == "opens a quote that is not closed before the end of the file"


def test_loose_quotes_never_merge_rows() -> None:
    raw = b'text,label\n"b said,1\nc,0\nd,1\n"e" said f,0\ng,1\n'
    _, rows, bad = read(raw)
    assert [row[0] for row in rows] == ["c", "d", "g"]
    assert [(row.row, row.kind) for row in bad] == [(1, "quote"), (4, "quote")]
    assert bad[0].reason == "has text after a closing quote, 3 lines further down"


def test_a_quote_that_swallows_more_than_a_row_may_hold_is_named_where_it_opened() -> None:
    body = b"".join(b"row %d,1\n" % i for i in range(1000))
    numbers, _, bad = read(b'text,label\nfirst,0\n"open,1\n' + body, CsvForm(max_row_bytes=2000))
    assert len(numbers) == 1001
    assert [(row.row, row.line, row.reason) for row in bad] == [
        (2, 3, "opens a quote that is not closed within 2,000 bytes")
    ]


def test_a_file_full_of_unclosed_quotes_is_given_up_early() -> None:
    raw = b"text,label\n" + (b'"open,1\n' + b"fine,1\n" * 200) * 600
    with pytest.raises(DataError, match=r'set data\.quote = ""'):
        read(raw, CsvForm(max_row_bytes=1000))


def test_a_line_of_50_mb_is_a_bad_row_and_takes_little_memory() -> None:
    class Long(io.RawIOBase):
        """A header, a row of 50 MB of which no more than is asked for exists at a time, and a row."""

        left = 50_000_000
        rest = b"\nb,0\n"
        head = b"text,label\na,1\n"

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]  # as io.RawIOBase has it
            if self.head:
                part, self.head = self.head, b""
            elif self.left:
                part = b"x" * min(len(buffer), self.left)
                self.left -= len(part)
            else:
                part, self.rest = self.rest, b""
            buffer[: len(part)] = part
            return len(part)

    tracemalloc.start()
    (chunk,) = read_csv(io.BufferedReader(Long()), "a.csv", COMMA)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert chunk.columns["text"] == ("a", "b")
    assert [(row.row, row.kind) for row in chunk.bad] == [(2, "long")]
    assert "50,000,001 bytes" in chunk.bad[0].reason
    assert peak < 10_000_000


def test_fields_longer_than_the_parsers_default_limit_are_read() -> None:
    assert read(b"text,label\n" + b"x" * 500_000 + b",1\n")[1][0][1] == "1"


def test_a_bare_carriage_return_is_named() -> None:
    _, rows, bad = read(b"text,label\na\rb,1\nc,0\n")
    assert rows == [("c", "0")]
    assert (bad[0].kind, bad[0].reason) == ("broken", "holds a carriage return that does not end the line")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(DataError, match=r"a\.csv: is empty"):
        read(b"")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="several columns named text"):
        read(b"text,text\na,b\n")


def test_an_unnamed_column_is_called_by_its_place() -> None:
    chunk = next(read_csv(io.BytesIO(b",text\n0,a\n"), "a.csv", COMMA))
    assert list(chunk.columns) == ["column 1", "text"]


def test_a_header_with_a_loose_quote_proposes_to_turn_quoting_off() -> None:
    with pytest.raises(DataError, match=r'set data\.quote = ""'):
        read(b'"text,label\na,1\n')


def test_many_rows_come_in_chunks_with_consecutive_numbers() -> None:
    numbers, rows, _ = read(b"text,label\n" + b"a,1\n" * 10_000)
    assert numbers == list(range(1, 10_001))
    assert len(rows) == 10_000


FIELDS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(FIELDS, FIELDS), max_size=12), st.sampled_from([",", "\t", ";"]))
def test_whatever_pythons_writer_writes_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    numbers, found, bad = read(out.getvalue().encode(), CsvForm(delimiter=delimiter))
    assert (found, bad) == (rows, [])
    assert numbers == list(range(1, len(rows) + 1))


@given(st.binary(max_size=300), st.sampled_from([COMMA, LOOSE, CsvForm(max_row_bytes=20)]))
def test_any_bytes_give_rows_bad_rows_or_a_clear_error(raw: bytes, form: CsvForm) -> None:
    try:
        numbers, _, bad = read(b"a,b\n" + raw, form)
    except DataError as error:
        told: object = error.faults
    else:
        told = sorted([*numbers, *(row.row for row in bad)]) == list(range(1, len(numbers) + len(bad) + 1))
    assert told
