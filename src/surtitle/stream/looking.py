"""What the states on disk say, while a stream runs or not: status, dead letters, trying these again."""

import fcntl
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from surtitle.errors import UsageError
from surtitle.stream.decode import moment
from surtitle.stream.state import HeldLetter, open_database, read_letters
from surtitle.stream.state.words import in_our_words
from surtitle.stream.tally import Tally
from surtitle.stream.watermark import BEGINNING
from surtitle.times import parse_time

__all__ = ["ScopeStatus", "dead_letters", "find_states", "try_again", "watch"]


class ScopeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where one scope of a stream is, as of its last commit.

    Parameters
    ----------
    stream, scope : str
        Which.
    source, sink : str
        Where records come from and outputs go.
    running : bool
        Whether a process works on it now.
    commits : int
        How many there were.
    committed_at : str or None
        When the last was, ISO 8601.
    tally : Tally
        Records, and what became of them.
    dead_letters : int
        How many are kept now.
    watermark : str or None
        How far event time has come, ISO 8601.
    watermark_delay_s : float or None
        How many seconds the watermark is behind: the clock while the stream runs, else the last commit.
    version : int or None
        The model that decided last.
    rate : float
        Records per second at the last commit.
    batch_records, commit_s : float
        Records in a commit, and the seconds that it takes, lately.
    lag : int or None
        What was not read yet at the last commit: bytes of files, records of Kafka and Redis.
    windows : list of dict
        Of each kind of window, how many are open and where the oldest begins.
    lengths : dict
        How long each output file is at the last commit.
    """

    stream: str
    scope: str
    source: str
    sink: str
    running: bool
    commits: int
    committed_at: str | None
    tally: Tally
    dead_letters: int
    watermark: str | None
    watermark_delay_s: float | None
    version: int | None
    rate: float
    batch_records: float
    commit_s: float
    lag: int | None
    windows: list[dict[str, Any]]
    lengths: dict[str, int]


def find_states(folder: Path, name: str = "") -> list[Path]:
    """Return the state files of one stream, or of all.

    Parameters
    ----------
    folder : Path
        As of `streams_folder`.
    name : str
        A stream's name; empty: all.

    Raises
    ------
    UsageError
        If no stream has that name.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if name and name not in names:
        there = f"there are: {', '.join(names)}" if names else "none has run here yet"
        raise UsageError(f"no stream is called {name!r}; {there}")
    return sorted(path for each in ([name] if name else names) for path in (folder / each).glob("*.db"))


def watch(path: Path, *, now_us: int) -> ScopeStatus:
    """Return what a state file says.

    Parameters
    ----------
    path : Path
        The state file.
    now_us : int
        The time, in microseconds since 1970.

    Raises
    ------
    StreamError
        If it is none, is damaged, or a newer Surtitle wrote it.
    """
    with closing(open_database(path)) as db, in_our_words(path):
        identity = dict(db.execute("SELECT what, value FROM identity"))
        row = db.execute(
            "SELECT epoch, watermark, version, sink_position, tally, figures, committed_at FROM progress"
        ).fetchone() or (0, BEGINNING, None, None, "{}", "{}", None)
        (letters,) = db.execute("SELECT count(*) FROM letters").fetchone()
    figures = msgspec.json.decode(row[5])
    running = _is_held(path.with_name(f"{path.name}.lock"))
    lengths = row[3] if row[3] and row[3].startswith("{") else "{}"
    return ScopeStatus(
        stream=identity["stream"],
        scope=identity["scope"],
        source=identity["source"],
        sink=identity["sink"],
        running=running,
        commits=row[0],
        committed_at=row[6] or None,
        tally=msgspec.json.decode(row[4], type=Tally),
        dead_letters=letters,
        watermark=None if row[1] <= BEGINNING else moment(row[1]).isoformat(),
        watermark_delay_s=_delay_s(row[1], now_us if running else row[6]),
        version=row[2],
        rate=figures.get("rate", 0.0),
        batch_records=figures.get("batch_records", 0.0),
        commit_s=figures.get("commit_s", 0.0),
        lag=figures.get("lag"),
        windows=figures.get("windows", []),
        lengths=msgspec.json.decode(lengths, type=dict[str, int]),
    )


def _delay_s(watermark: int, until: Any) -> float | None:
    """Return how far a watermark is behind a time, in microseconds or ISO 8601."""
    until_us = parse_time(until) if isinstance(until, str) else until
    return None if watermark <= BEGINNING or until_us is None else max(0.0, (until_us - watermark) / 1e6)


def _is_held(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def dead_letters(path: Path, most: int) -> list[HeldLetter]:
    """Return dead letters of a state, the oldest first."""
    with closing(open_database(path)) as db, in_our_words(path):
        return read_letters(db, "ORDER BY id LIMIT ?", (most,))


def try_again(path: Path, ids: Sequence[int] = (), mended: Mapping[int, bytes] | None = None) -> int:
    """Have dead letters tried again by the stream, now if it runs, or else when it next does.

    Parameters
    ----------
    path : Path
        The state.
    ids : sequence of int
        Which; none: all.
    mended : mapping of int to bytes
        Records to be tried in the place of the letters with these ids.

    Returns
    -------
    int
        How many will be tried.

    Raises
    ------
    UsageError
        If there is no letter with one of the ids.
    """
    mended = mended or {}
    wanted = sorted({*ids, *mended})
    with closing(open_database(path)) as db, in_our_words(path):
        db.execute("BEGIN IMMEDIATE")
        known = {number for (number,) in db.execute("SELECT id FROM letters")}
        unknown = [number for number in wanted if number not in known]
        if unknown:
            db.execute("ROLLBACK")
            raise UsageError(
                f"there is no dead letter {', '.join(map(str, unknown))}; see: surtitle stream dead-letters"
            )
        db.executemany(
            "UPDATE letters SET value = ? WHERE id = ?", [(value, number) for number, value in mended.items()]
        )
        chosen = wanted or sorted(known)
        db.executemany("UPDATE letters SET again = 1 WHERE id = ?", [(number,) for number in chosen])
        db.execute("COMMIT")
    return len(chosen)
