"""The tables of a stream's state file: numbered migrations, only ever appended to. PURE.

`PRAGMA user_version` counts the migrations that a file has had; `PRAGMA application_id` says whose kind it is.
"""

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

APPLICATION_ID = 0x5355534D  # "SUSM"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE identity (what TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE progress (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch INTEGER NOT NULL,
            watermark INTEGER NOT NULL,
            version INTEGER,
            sink_position TEXT,
            tally TEXT NOT NULL,
            figures TEXT NOT NULL,
            committed_at TEXT NOT NULL
        )""",
        "CREATE TABLE partitions (name TEXT PRIMARY KEY, position TEXT, latest INTEGER) WITHOUT ROWID",
        """CREATE TABLE stored (
            name TEXT NOT NULL,
            part TEXT NOT NULL,
            key TEXT NOT NULL,
            start INTEGER NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (name, part, key, start)
        ) WITHOUT ROWID""",
        """CREATE TABLE letters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            partition TEXT NOT NULL,
            position INTEGER NOT NULL,
            reason TEXT NOT NULL,
            value BLOB NOT NULL,
            columns TEXT NOT NULL,
            died_at TEXT NOT NULL,
            again INTEGER NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX letters_again ON letters (id) WHERE again",
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, lines BLOB NOT NULL)",
        "CREATE TABLE prepared (epoch INTEGER PRIMARY KEY, change BLOB NOT NULL)",
    ),
)
