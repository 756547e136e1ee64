"""Bytes, a chunk at a time -> records; never more in memory than a chunk and one record. PURE."""

__all__ = ["Splitter"]


class Splitter:
    r"""Cuts bytes into lines, or into rows of CSV, whose quoted fields may hold line ends.

    Parameters
    ----------
    max_bytes : int
        What a record may have. Of a longer line only one byte more is kept.
    quoted : bool
        Rows of CSV. Where quotes are not closed within `max_bytes`, the line that opens them is a record of its own, so
        that one bad row costs no other.

    Examples
    --------
    >>> splitter = Splitter(max_bytes=10)
    >>> splitter.feed(b"one\ntw"), splitter.feed(b"o\n"), splitter.rest()
    ([(b'one', 4)], [(b'two', 4)], [])
    """

    def __init__(self, *, max_bytes: int, quoted: bool = False) -> None:
        self._max = max_bytes
        self._quoted = quoted
        self._tail = b""  # of an unfinished line
        self._dropped = 0  # bytes of that line that were not kept
        self._held: list[tuple[bytes, int]] = []  # lines of a row whose quotes are still open
        self._held_bytes = 0

    def feed(self, chunk: bytes) -> list[tuple[bytes, int]]:
        """Return the records that are complete now, each with the bytes that it takes, its line end included."""
        first, *others = chunk.split(b"\n")
        if not others:
            self._keep(first)
            return []
        self._keep(first)
        lines = [self._take_tail(line_end=1)]
        self._keep(others.pop())
        most = self._max + 1
        lines += [(line[:most], len(line) + 1) for line in others]
        return self._rows(lines) if self._quoted else lines

    def _keep(self, part: bytes) -> None:
        room = max(0, self._max + 1 - len(self._tail))
        self._tail += part[:room]
        self._dropped += max(0, len(part) - room)

    def _take_tail(self, *, line_end: int) -> tuple[bytes, int]:
        line = (self._tail, len(self._tail) + self._dropped + line_end)
        self._tail, self._dropped = b"", 0
        return line

    def _rows(self, lines: list[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
        rows: list[tuple[bytes, int]] = []
        waiting = lines[::-1]
        while waiting:
            line = waiting.pop()
            opens = line[0].count(b'"') % 2 == 1
            if not self._held and not opens:
                rows.append(line)
                continue
            closes = bool(self._held) and opens
            self._held.append(line)
            self._held_bytes += line[1]
            if closes:
                rows.append(self._join_held())
            elif self._held_bytes > self._max:
                rows.append(self._held[0])
                waiting += self._held[:0:-1]
                self._held, self._held_bytes = [], 0
        return rows

    def _join_held(self) -> tuple[bytes, int]:
        row = b"\n".join(line for line, _ in self._held), self._held_bytes
        self._held, self._held_bytes = [], 0
        return row

    def rest(self) -> list[tuple[bytes, int]]:
        """Return what is left when nothing more will come: the last line, if no line end follows it."""
        lines = [self._take_tail(line_end=0)] if self._tail or self._dropped else []
        if not self._quoted:
            return lines
        rows = self._rows(lines)
        while self._held:  # quotes that are never closed
            rows.append(self._held[0])
            waiting, self._held, self._held_bytes = self._held[1:], [], 0
            rows += self._rows(waiting)
        return rows
