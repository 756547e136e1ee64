"""Labelled data in: files and SQL, checks, splits, a cache.

The one entry is `prepare`; `check` does the same work and says everything that it noticed.
"""

from surtitle.prepare.divide import kind_of_split
from surtitle.prepare.findings import BadRow, Finding
from surtitle.prepare.identity import text_key
from surtitle.prepare.pipeline import check, find_prepared, prepare
from surtitle.prepare.prepared import Checked, Prepared
from surtitle.prepare.splits import SPLITS

__all__ = [
    "SPLITS",
    "BadRow",
    "Checked",
    "Finding",
    "Prepared",
    "check",
    "find_prepared",
    "kind_of_split",
    "prepare",
    "text_key",
]
