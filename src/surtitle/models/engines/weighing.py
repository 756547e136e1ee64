"""Terms and their weights in plain Python: what the Python engine does for each text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress, groupby
from math import log, sqrt
from operator import eq

from surtitle.models.linear import LinearModel

__all__ = ["Columns", "Weights", "WordTerms"]

Columns = list[int]
"""The columns of a text's terms plus 1, in order of appearance, each as often as its term occurs.

Plus 1, so that 0 can say that there is none: what is false is dropped by a filter, without a loop in Python.
"""


class WordTerms:
    """Finds the word n-grams of a vocabulary.

    Parameters
    ----------
    terms : sequence of str
        Words separated by a space, in the order of their columns.
    sizes : (int, int)
        Shortest and longest.

    Examples
    --------
    >>> words = WordTerms(["a", "a dummy", "dummy"], (1, 2))
    >>> words.columns(words.numbers(["what", "a", "dummy"]))
    [1, 3, 2]
    """

    def __init__(self, terms: Sequence[str], sizes: tuple[int, int]) -> None:
        self._numbers: dict[str, int] = {}
        self._longer: dict[tuple[int, ...], int] = {}
        single: dict[int, int] = {}
        for column, term in enumerate(terms, start=1):
            path = tuple(self._numbers.setdefault(word, len(self._numbers)) for word in term.split(" "))
            if len(path) == 1:
                single[path[0]] = column
            else:
                self._longer[path] = column
        self._unknown = len(self._numbers)
        self._single = [single.get(number, 0) for number in range(self._unknown + 1)]
        # The words of an n-gram are those at a place of each of these slices.
        self._slices = [
            tuple(slice(start, None) for start in range(size)) for size in range(max(2, sizes[0]), sizes[1] + 1)
        ]

    def numbers(self, words: Iterable[str]) -> tuple[int, ...]:
        """Return the numbers of words; all unknown words have the same."""
        known, unknown = self._numbers.get, self._unknown
        return tuple([known(word, unknown) for word in words])

    def columns(self, words: Sequence[int]) -> Columns:
        """Return the columns of the terms that these words make."""
        found = [*filter(None, map(self._single.__getitem__, words))]
        longer = self._longer.get
        for slices in self._slices:
            found += filter(None, map(longer, zip(*map(words.__getitem__, slices), strict=False)))
        return found


class Weights:
    """TF-IDF, and its product with a model's coefficients.

    Parameters
    ----------
    idf : sequence of float
        Of each column, above 0.
    model : LinearModel
        Coefficients and intercepts.
    """

    def __init__(self, idf: Sequence[float], model: LinearModel) -> None:
        self.n_terms = len(idf)
        self._intercept: list[float] = model.intercept.tolist()
        self.n_rows = len(self._intercept)
        self._idf = [0.0, *idf]
        self._square = [weight * weight for weight in self._idf].__getitem__
        rows = [[0.0, *row] for row in model.coef.tolist()]
        self._products = [[a * b for a, b in zip(self._idf, row, strict=True)].__getitem__ for row in rows]

    def sums(self, blocks: Iterable[Columns]) -> list[float]:
        """Return the logits of a text whose terms these are; each block is scaled on its own."""
        sums = self._intercept
        for columns in blocks:
            if columns:
                sums = self._add(sums, columns)
        return sums

    def row(self, blocks: Iterable[Columns]) -> dict[int, float]:
        """Return the terms of a text, by column and in ascending order, with their weights."""
        row: dict[int, float] = {}
        for columns in blocks:
            counts = Counter(columns)
            weights = {column: self._idf[column] * (1.0 + log(counts[column])) for column in sorted(counts)}
            length = sqrt(sum(weight * weight for weight in weights.values()))
            row.update({column - 1: weight / length for column, weight in weights.items()})
        return row

    def _add(self, sums: list[float], columns: Columns) -> list[float]:
        columns.sort()
        square = sum(map(self._square, columns))
        totals = [sum(map(product, columns)) for product in self._products]
        # A term that occurs k times has been counted k times. It weighs 1 + ln k, not k.
        others = columns[1:]
        for column, again in groupby(compress(others, map(eq, columns, others))):
            count = 1.0 + len([*again])
            weight = 1.0 + log(count)
            square += self._square(column) * (weight * weight - count)
            totals = [
                total + product(column) * (weight - count)
                for total, product in zip(totals, self._products, strict=True)
            ]
        length = sqrt(square)
        return [before + total / length for before, total in zip(sums, totals, strict=True)]
