"""Python's and NumPy's values as Arrow arrays, and numbers back, by way of buffers.

`pyarrow.array` and `to_numpy` do as much, but import pandas wherever that is installed, which takes longer than reading
a table.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["number_array", "string_array", "to_numbers"]


def string_array(values: Sequence[str | None]) -> pa.Array:
    """Return an array of strings.

    Lone surrogates, which come from JSON escapes of texts that were cut inside an emoji, have no UTF-8: each becomes
    U+FFFD.

    Raises
    ------
    OverflowError
        If the strings have more than 2 GB together.

    Examples
    --------
    >>> string_array(["a", None, "é"]).to_pylist()
    ['a', None, 'é']
    """
    present = None if None not in values else np.array([value is not None for value in values])
    texts = values if present is None else ["" if value is None else value for value in values]
    whole = "".join(texts)  # type: ignore[arg-type]  # None is not among them
    if whole.isascii():
        parts, data = texts, whole.encode()
    else:
        parts = [_encoded(text) for text in texts]  # type: ignore[arg-type, misc]  # neither here
        data = b"".join(parts)  # type: ignore[arg-type]  # nor here
    if len(data) > np.iinfo(np.int32).max:
        raise OverflowError(f"{len(texts):,} strings have {len(data):,} bytes, more than an Arrow array holds")
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, parts), np.int32, len(parts)), out=offsets[1:])  # type: ignore[arg-type]  # nor here
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data), _bitmap(present))


def number_array(values: NDArray[Any], kind: pa.DataType, present: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return an array of numbers, or of times as numbers, that shares the memory of `values`.

    Parameters
    ----------
    values : array, shape (n,)
        Of the width of `kind`.
    kind : pyarrow.DataType
        A type of fixed width.
    present : bool, shape (n,), optional
        False where there is no value.

    Examples
    --------
    >>> number_array(np.array([1, 2]), pa.int64(), np.array([True, False])).to_pylist()
    [1, None]
    """
    if values.dtype.itemsize * 8 != kind.bit_width:
        raise TypeError(f"{values.dtype} is not as wide as {kind}")
    return pa.Array.from_buffers(kind, len(values), [_bitmap(present), pa.py_buffer(np.ascontiguousarray(values))])


def to_numbers(column: pa.ChunkedArray, kind: str) -> NDArray[Any]:
    """Return a column of a fixed width as NumPy's `kind`; where times are missing, NaT stands.

    Raises
    ------
    ValueError
        If other numbers are missing.

    Examples
    --------
    >>> times = number_array(np.array([0, 0]), pa.timestamp("us", "UTC"), np.array([True, False]))
    >>> to_numbers(pa.chunked_array([times]), "datetime64[us]").tolist()
    [datetime.datetime(1970, 1, 1, 0, 0), None]
    """
    parts = [np.zeros(0, kind)]
    for chunk in column.chunks:
        present, data = chunk.buffers()
        end = chunk.offset + len(chunk)
        values = np.frombuffer(data, kind, end)[chunk.offset :]
        if chunk.null_count:
            if values.dtype.kind != "M":
                raise ValueError(f"{chunk.null_count} of {len(chunk)} numbers are missing")
            known = np.unpackbits(np.frombuffer(present, np.uint8), count=end, bitorder="little")[chunk.offset :]
            values = np.where(known, values, np.datetime64("NaT"))
        parts.append(values)
    return np.concatenate(parts)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _bitmap(present: NDArray[np.bool_] | None) -> pa.Buffer | None:
    return None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
