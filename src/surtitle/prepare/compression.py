"""Bytes of a file, unpacked, read once from start to end."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import pyarrow as pa

from surtitle.prepare.findings import unreadable
from surtitle.prepare.sources import SourceFile

__all__ = ["open_unpacked"]

_BUFFER = 1 << 20


@contextmanager
def open_unpacked(file: SourceFile) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Open `file` for reading, unpacked.

    Yields
    ------
    stream : binary file
        The unpacked bytes.
    position : function
        Says how many bytes of the file itself have been taken so far.

    Raises
    ------
    DataError
        If the file cannot be opened, or turns out, here or while it is read, to be damaged or packed in another way.
    """
    try:
        with file.path.open("rb") as raw:
            if file.packing == "gz":
                stream = cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER))
            elif file.packing == "zst":
                stream = cast(BinaryIO, io.BufferedReader(pa.CompressedInputStream(raw, "zstd"), _BUFFER))
            else:
                stream = raw
            yield stream, raw.tell
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise unreadable(file.name, f"is not whole gzip data: {error}", "get the file again, or rename it") from error
    except (PermissionError, IsADirectoryError, FileNotFoundError) as error:
        raise unreadable(file.name, f"cannot be opened: {error.strerror}") from error
    except OSError as error:
        if file.packing != "zst" or error.errno:
            raise
        raise unreadable(file.name, f"is not whole zstd data: {error}", "get the file again, or rename it") from error
