"""Sample comments to a file, as a moderator's export would look."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from surtitle.replacing import replacing
from surtitle.simulate.community import Comment

__all__ = ["COLUMNS", "write_csv"]

COLUMNS = ("id", "created_utc", "community", "author", "text", "removed", "labelled_at")


def write_csv(comments: Iterable[Comment], path: Path) -> int:
    """Write comments as CSV, row by row, and return how many there were.

    There is no column for the true probability: it would give the label away. The file is written beside and renamed
    into place, so that an interrupted call leaves the old one, or none.

    Parameters
    ----------
    comments : iterable of Comment
        Any number; they are not kept.
    path : Path
        Replaced if it exists.
    """
    rows = 0
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for comment in comments:
            writer.writerow(_row(comment))
            rows += 1
        file.flush()
        os.fsync(file.fileno())
    return rows


def _row(comment: Comment) -> tuple[str | int, ...]:
    return (
        comment.id,
        comment.created_utc.isoformat(),
        comment.community,
        comment.author,
        comment.text,
        comment.label,
        comment.labelled_at.isoformat(),
    )
