"""The tables of ``registry.db``: numbered migrations, only ever appended to. Pure.

`PRAGMA user_version` counts the migrations that a file has had; `PRAGMA application_id` says that it is a registry.
An alias is where its last move put it, so there is no second place that could disagree.
"""

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

APPLICATION_ID = 0x53555254  # "SURT"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE versions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            created_at TEXT NOT NULL,
            artefact_sha256 TEXT NOT NULL,
            facts TEXT NOT NULL
        )""",
        """CREATE TABLE verdicts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            alias TEXT NOT NULL,
            challenger INTEGER NOT NULL REFERENCES versions (number),
            judged_at TEXT NOT NULL,
            verdict TEXT NOT NULL
        )""",
        """CREATE TABLE moves (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            alias TEXT NOT NULL,
            from_version INTEGER REFERENCES versions (number),
            to_version INTEGER REFERENCES versions (number),
            moved_at TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('promote', 'rollback', 'set')),
            why TEXT NOT NULL,
            forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
            verdict_id INTEGER REFERENCES verdicts (id)
        )""",
        "CREATE INDEX moves_of_alias ON moves (alias, id)",
    ),
)
