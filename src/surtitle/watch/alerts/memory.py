"""What each channel has been told already: ``.surtitle/alerts.db``."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from surtitle.errors import SurroundingsError
from surtitle.stores import Store, append

__all__ = ["AlertMemory"]

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS told (
        channel TEXT NOT NULL,
        id TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (channel, id)
    ) WITHOUT ROWID""",
)


class AlertMemory(Store):
    """The memory."""

    file_name = "alerts.db"
    schema = _SCHEMA

    def told(self, channel: str) -> frozenset[str]:
        """Return what a channel has been told."""
        try:
            rows = self._db.execute("SELECT id FROM told WHERE channel = ?", (channel,)).fetchall()
        except sqlite3.Error as error:
            raise SurroundingsError(f"{self.path}: {error}; a damaged file: move it away") from error
        return frozenset(id_ for (id_,) in rows)

    def tell(self, channel: str, ids: Sequence[str], *, now: datetime) -> None:
        """Remember what a channel has been told; when this returns it is on disk."""
        at = now.astimezone(UTC).isoformat()
        insert = "INSERT OR REPLACE INTO told VALUES (?, ?, ?)"
        append(self._db, self.path, insert, [(channel, id_, at) for id_ in ids])

    def forget(self, ids: Iterable[str]) -> None:
        """Forget what is over, for all channels."""
        append(self._db, self.path, "DELETE FROM told WHERE id = ?", [(id_,) for id_ in ids])
