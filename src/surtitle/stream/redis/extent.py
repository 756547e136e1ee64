"""How much of a stream is there, and whether what comes next still is. PURE."""

from typing import Any

import msgspec

from surtitle.errors import StreamError

__all__ = ["Extent", "Place"]


class Place(msgspec.Struct, frozen=True):
    """How far a stream was read.

    Parameters
    ----------
    id : str
        The last entry that was read.
    row : int
        How many were added up to it since the stream began.
    """

    id: str
    row: int


class Extent(msgspec.Struct, frozen=True):
    """What the server tells of a stream; of one that is not there yet, that it is empty.

    Parameters
    ----------
    length, added : int
        How many entries there are, and how many there ever were.
    first, last : str
        The first entry that is there, if any is, and the last that ever was.
    """

    length: int = 0
    added: int = 0
    first: str = ""
    last: str = "0-0"

    @classmethod
    def read(cls, info: Any) -> "Extent":
        """Read the answer to XINFO STREAM, or raise it if it is an error.

        Raises
        ------
        StreamError
            If the server is too old to know how many entries there ever were.
        """
        if isinstance(info, Exception):
            if "no such key" in str(info):
                return cls()
            raise info
        if "entries-added" not in info:
            raise StreamError("Redis before 7.0 cannot tell whether entries were trimmed unread; update the server")
        first = info["first-entry"]
        return cls(
            length=info["length"],
            added=info["entries-added"],
            first=first[0].decode() if first else "",
            last=info["last-generated-id"].decode(),
        )

    def refuse_gap(self, place: Place, name: str) -> None:
        """Make sure that the entry to come after a place is there, if it ever was.

        Raises
        ------
        StreamError
            If it is not.
        """
        if _number(self.last) < _number(place.id):
            raise StreamError(
                f"{name}: its last entry is {self.last}, but {place.id} was read already: the stream was made anew, or "
                "the server has lost what it had acknowledged; begin anew with --restart, or under another --name"
            )
        gone = self.added - self.length - place.row
        # As long as an entry is there that was read, trimming has not come as far as the next one.
        if gone > 0 and (not self.first or _number(self.first) > _number(place.id)):
            raise StreamError(
                f"{name}: {gone} of the entries after {place.id} were trimmed or deleted unread. They are lost; to go "
                "on without them, begin anew with --restart, and keep more of the stream (MAXLEN, MINID)"
            )


def _number(entry: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry.partition("-")
    return int(milliseconds), int(sequence)
