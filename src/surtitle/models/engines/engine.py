"""What an engine does."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.text.batches import Texts
from surtitle.text.native import EngineName

__all__ = ["MEMO_BYTES", "Engine"]

MEMO_BYTES = 64_000_000
"""About how much an engine remembers of the chunks met, unless it is told otherwise."""


class Engine(Protocol):
    """Text path, vocabulary and weights in one. What is said of a text depends on the text alone, to the last bit."""

    @property
    def name(self) -> EngineName:
        """Which one it is."""

    def logits(self, texts: Texts) -> NDArray[np.float64]:
        """Return the weighted sums, shape (n_texts, n_rows)."""

    def logits_one(self, text: str) -> list[float]:
        """Return the weighted sums of one text, without the costs of a batch."""

    def stats(self) -> Mapping[str, int]:
        """Return what is known of the memory of chunks.

        `bytes` that it takes now, and how many chunks were known (`hits`) and new (`misses`); what is not counted is
        left out.
        """

    def rows(self, texts: Texts) -> sparse.csr_array:
        """Return the weighted terms, shape (n_texts, n_terms), columns ascending."""
