"""Whether entries were lost, held against a stream in memory that is trimmed at random."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import StreamError
from surtitle.stream.redis.extent import Extent, Place


@given(added=st.integers(0, 30), trimmed=st.integers(0, 30), read=st.integers(0, 30))
def test_a_gap_is_seen_exactly_when_entries_were_trimmed_unread(added: int, trimmed: int, read: int) -> None:
    trimmed, read = min(trimmed, added), min(read, added)
    extent = Extent(
        length=added - trimmed,
        added=added,
        first=f"{trimmed + 1}-0" if trimmed < added else "",
        last=f"{added}-0",
    )
    place = Place(f"{read}-0", read)
    if trimmed > read:
        with pytest.raises(StreamError, match=f"{trimmed - read} of the entries after {read}-0 were trimmed"):
            extent.refuse_gap(place, "redis://h/s")
    else:
        extent.refuse_gap(place, "redis://h/s")


def test_a_stream_that_ends_before_what_was_read_was_made_anew() -> None:
    with pytest.raises(StreamError, match=r"last entry is 3-1, but 12-0 was read already"):
        Extent(length=1, added=1, first="3-1", last="3-1").refuse_gap(Place("12-0", 5), "redis://h/s")


def test_a_server_that_cannot_tell_is_refused() -> None:
    with pytest.raises(StreamError, match=r"before 7\.0"):
        Extent.read({"length": 3, "last-generated-id": b"3-0", "first-entry": None})
