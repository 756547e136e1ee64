"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write to, and rename it into `path` at the end; after an error nothing is left.

    Parameters
    ----------
    path : Path
        Replaced if it exists; its folder must be there.

    Raises
    ------
    OSError
        If it cannot be written or renamed.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "a.txt"
    >>> with replacing(path) as beside:
    ...     _ = beside.write_text("whole")
    ...     path.exists()
    False
    >>> path.read_text(), [each.name for each in path.parent.iterdir()]
    ('whole', ['a.txt'])
    >>> folder.cleanup()
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
