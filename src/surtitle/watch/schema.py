"""The tables in which decisions and late labels are joined: numbered migrations, only ever appended to. PURE.

`PRAGMA user_version` counts the migrations that a file has had; `PRAGMA application_id` says whose kind it is. Times
are microseconds since 1970. An id is kept as a hash of 64 bits, which is all that joining needs: among 10 million
ids, the chance that any two share one is 3 in a million.
"""

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

APPLICATION_ID = 0x53555257  # "SURW"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE names (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE decisions (
            seq INTEGER PRIMARY KEY,
            key INTEGER NOT NULL,
            version INTEGER NOT NULL,
            client INTEGER,
            action INTEGER NOT NULL,
            score REAL NOT NULL,
            event_time INTEGER NOT NULL,
            decided_at INTEGER NOT NULL
        )""",
        "CREATE UNIQUE INDEX decisions_key ON decisions (key, version)",
        "CREATE INDEX decisions_time ON decisions (event_time)",
        """CREATE TABLE labels (
            key INTEGER PRIMARY KEY,
            label INTEGER NOT NULL,
            labelled_at INTEGER NOT NULL,
            contradicted INTEGER NOT NULL
        )""",
        """CREATE TABLE sources (
            name TEXT PRIMARY KEY,
            position INTEGER NOT NULL,
            mark BLOB NOT NULL
        ) WITHOUT ROWID""",
        # What is kept for a period no longer holds when a decision moves out of it.
        """CREATE TRIGGER decisions_move AFTER UPDATE OF event_time ON decisions WHEN old.event_time != new.event_time
        BEGIN DELETE FROM measured WHERE start <= old.event_time AND end > old.event_time; END""",
        """CREATE TABLE measured (
            start INTEGER NOT NULL,
            end INTEGER NOT NULL,
            settings TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (start, end, settings)
        ) WITHOUT ROWID""",
    ),
)
