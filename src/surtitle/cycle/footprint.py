"""What a loaded model takes of the memory, and how much of it may go to the chunks that it remembers."""

from pathlib import Path

from surtitle.models import MEMO_BYTES, LinearScorer, Scorer
from surtitle.text.native import native_threads

__all__ = ["memo_share", "reckon", "remembered"]

# Measured with models of 900 and of 50,000 terms, and rounded up: tables, and what becomes of a byte in the files.
_NATIVE = (1_500_000, 8)
_PYTHON = (4_000_000, 12)
# A thread of the native engine counts terms in a table of its own.
_COUNT_BYTES = 4
_SHARES = 16


def memo_share(limit: int) -> int:
    """Return how many bytes one model may spend on chunks to remember, where all models together have `limit` bytes.

    So a model that meets ever new words leaves most of the memory to the others.

    Examples
    --------
    >>> memo_share(160_000_000), memo_share(10**12)
    (10000000, 64000000)
    """
    return min(MEMO_BYTES, limit // _SHARES)


def reckon(scorer: Scorer, folder: Path) -> int:
    """Return about how many bytes a model takes, without the chunks that it remembers.

    Parameters
    ----------
    scorer : Scorer
        Loaded.
    folder : Path
        Its artefact.
    """
    files = sum(path.stat().st_size for path in folder.iterdir() if path.is_file() and path.suffix != ".html")
    if isinstance(scorer, LinearScorer) and scorer.engine == "native":
        tables, per_byte = _NATIVE
        return tables + per_byte * files + _COUNT_BYTES * len(scorer.vocabulary) * native_threads()
    tables, per_byte = _PYTHON
    return tables + per_byte * files


def remembered(scorer: Scorer) -> int:
    """Return how many bytes the chunks take that a scorer remembers by now."""
    return scorer.stats().get("bytes", 0) if isinstance(scorer, LinearScorer) else 0
