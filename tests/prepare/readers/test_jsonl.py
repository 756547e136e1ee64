import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import DataError
from surtitle.prepare.readers import Chunk, read_jsonl


def read(raw: bytes, *, limit: int = 10_000, encoding: str = "utf-8") -> Chunk:
    (chunk,) = read_jsonl(io.BytesIO(raw), "a.jsonl", encoding=encoding, max_row_bytes=limit)
    return chunk


def test_values_keep_their_types_and_rows_are_numbered_by_line() -> None:
    chunk = read(b'{"text": "a", "label": 1}\n\n{"text": "b", "label": true}\n')
    assert chunk.columns == {"text": ["a", "b"], "label": [1, True]}
    assert chunk.rows == [1, 3]


def test_a_field_that_a_line_lacks_is_none() -> None:
    assert read(b'{"text": "a"}\n{"label": 0}\n').columns == {"text": ["a", None], "label": [None, 0]}


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        (b'{"text": "a"', "broken", "is not JSON"),
        (b"[1]", "broken", "is a JSON array; write one object per line"),
        (b'"text"', "broken", "is not a JSON object"),
        (b'{"text": NaN}', "broken", "is not JSON"),
        (b'{"text": "caf\xe9"}', "undecodable", "holds bytes that are not utf-8"),
        (b'{"text": "' + b"x" * 10_000 + b'"}', "long", "more than data.max_row_bytes = 10,000"),
        (b'{"a":' * 3000 + b"1" + b"}" * 300, "long", "bytes long"),
        (b"[" * 5000, "broken", ""),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(line: bytes, kind: str, reason: str) -> None:
    chunk = read(b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n')
    assert chunk.rows == [1, 3]
    assert [(bad.row, bad.line, bad.kind) for bad in chunk.bad] == [(2, 2, kind)]
    assert reason in chunk.bad[0].reason


def test_a_lone_surrogate_is_not_a_reason_to_lose_a_row() -> None:
    assert read(b'{"text": "cut \\ud83d"}\n').columns["text"] == ["cut \ud83d"]


def test_a_byte_order_mark_is_dropped() -> None:
    assert read(b'\xef\xbb\xbf{"text": "a"}\n').columns["text"] == ["a"]


def test_other_encodings_are_read() -> None:
    assert read('{"text": "café"}\n'.encode("utf-16"), encoding="utf-16").columns["text"] == ["café"]


def test_an_encoding_that_is_wrong_from_the_start_is_refused() -> None:
    with pytest.raises(DataError, match="is not utf-16 throughout"):
        read(b'{"text": "a"}\n', encoding="utf-16")


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_bad_rows(raw: bytes) -> None:
    try:
        chunk = read(raw)
    except DataError:
        right = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    else:
        right = len(chunk.rows) + len(chunk.bad) <= raw.count(b"\n") + 1
    assert right
