"""Terms: word n-grams, and character n-grams inside words, counted per text.

Both are found without a Python loop over texts. A character n-gram belongs to its token's type, so the counts of a
text are those of its types, added up: one sparse product. A word n-gram is a path through a small trie of word
numbers, walked by all positions of all texts at once.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.text.tokens import Tokens

__all__ = ["CharCounter", "WordCounter", "char_ngrams", "count_chars", "count_words"]

IntArray = NDArray[np.int64]

_COUNT = np.float32  # exact up to 16 million, and half the memory to move


def char_ngrams(token: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield the character n-grams of one token, which is padded with a space on both sides.

    Examples
    --------
    >>> list(char_ngrams("dim", 4, 5))
    [' dim', 'dim ', ' dim ']
    """
    padded = f" {token} "
    for size in range(shortest, longest + 1):
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size]


class CharCounter(msgspec.Struct, frozen=True):
    """Counts known character n-grams.

    Parameters
    ----------
    columns : dict of str to int
        Each known n-gram's column.
    sizes : (int, int)
        Shortest and longest.
    """

    columns: dict[str, int]
    sizes: tuple[int, int]

    def count(self, tokens: Tokens) -> sparse.csr_array:
        """Return the counts, shape (n_texts, n_terms)."""
        known = self.columns.get
        rows: list[list[int]] = []
        for text, _ in tokens.types:
            found = (known(ngram) for ngram in char_ngrams(text, *self.sizes))
            rows.append([column for column in found if column is not None])
        by_type = _ragged(rows, np.arange(len(self.columns)))
        return _finish(_type_counts(tokens) @ by_type)


def count_chars(tokens: Tokens, sizes: tuple[int, int]) -> tuple[list[str], sparse.csr_array]:
    """Return every character n-gram of the texts, sorted, and its counts, shape (n_texts, n_terms)."""
    padded = [f" {text} " for text, _ in tokens.types]
    joined = "".join(padded)
    lengths = np.array([len(token) for token in padded], np.int64)
    types = np.repeat(np.arange(len(padded)), lengths)
    remaining = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(joined))
    found = list(_windows(joined, remaining, sizes))
    terms = [joined[start : start + size] for size, firsts, _, _ in found for start in firsts.tolist()]
    terms, places = _sorted(terms)
    rows, columns, offset = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for _, firsts, starts, numbers in found:
        rows.append(types[starts])
        columns.append(places[offset + numbers])
        offset += len(firsts)
    shape = (len(padded), len(terms))
    pairs = np.concatenate(rows), np.concatenate(columns)
    by_type = sparse.coo_array((np.ones(len(pairs[0]), _COUNT), pairs), shape=shape).tocsr()
    return terms, _finish(_type_counts(tokens) @ by_type)


def _windows(
    joined: str, remaining: IntArray, sizes: tuple[int, int]
) -> Iterator[tuple[int, IntArray, IntArray, IntArray]]:
    """Yield for each size: where each distinct n-gram first starts, and for all that there are start and number.

    An n-gram's number is found from the number of its first n - 1 characters and its last character, so that no key
    outgrows 64 bits, whatever the alphabet.
    """
    _, characters = np.unique(np.frombuffer(joined.encode("utf-32-le"), np.uint32), return_inverse=True)
    n_characters = int(characters.max(initial=0)) + 1
    starts, numbers = np.arange(len(joined)), np.zeros(len(joined), np.int64)
    for size in range(1, sizes[1] + 1):
        inside = remaining[starts] >= size
        starts, numbers = starts[inside], numbers[inside]
        keys = numbers * n_characters + characters[starts + size - 1]
        _, firsts, numbers = np.unique(keys, return_index=True, return_inverse=True)
        if size >= sizes[0]:
            yield size, starts[firsts], starts, numbers


class WordCounter:
    """Counts known word n-grams.

    Parameters
    ----------
    terms : sequence of str
        Known n-grams, words separated by a space, in the order of their columns.
    sizes : (int, int)
        Shortest and longest.
    """

    def __init__(self, terms: Sequence[str], sizes: tuple[int, int]) -> None:
        self._n_terms = len(terms)
        self._shortest = sizes[0]
        self._words: dict[str, int] = {}
        paths = [[self._words.setdefault(word, len(self._words)) for word in term.split(" ")] for term in terms]
        self._levels = _build_trie(paths, len(self._words))

    def count(self, tokens: Tokens) -> sparse.csr_array:
        """Return the counts, shape (n_texts, n_terms)."""
        unknown = -1
        numbers = np.array([self._words.get(word, unknown) for _, word in tokens.types], np.int64)
        words = numbers[tokens.ids] if len(numbers) else np.zeros(0, np.int64)
        rows, remaining = _positions(tokens)
        found_rows, found_columns = [], []
        nodes = np.zeros(len(words), np.int64)
        starts = np.arange(len(words))
        for size, level in enumerate(self._levels, start=1):
            starts, nodes = _step(level, starts, nodes, words, remaining, size, len(self._words))
            columns = level.columns[nodes]
            kept = columns >= 0
            found_rows.append(rows[starts[kept]])
            found_columns.append(columns[kept])
        return _count_pairs(found_rows, found_columns, (len(tokens), self._n_terms))


class _Level(msgspec.Struct, frozen=True):
    """The nodes of one depth: sorted keys (parent node * number of words + word), and each node's column or -1."""

    keys: IntArray
    columns: IntArray


def _build_trie(paths: list[list[int]], n_words: int) -> list[_Level]:
    depth = max(map(len, paths), default=0)
    nodes = np.zeros(len(paths), np.int64)
    lengths = np.array([len(path) for path in paths], np.int64)
    levels = []
    for size in range(1, depth + 1):
        long_enough = np.flatnonzero(lengths >= size)
        words = np.array([paths[i][size - 1] for i in long_enough], np.int64)
        keys, inverse = np.unique(nodes[long_enough] * n_words + words, return_inverse=True)
        nodes[long_enough] = inverse
        columns = np.full(len(keys), -1, np.int64)
        ends = long_enough[lengths[long_enough] == size]
        columns[nodes[ends]] = ends
        levels.append(_Level(keys, columns))
    return levels


def _step(
    level: _Level,
    starts: IntArray,
    nodes: IntArray,
    words: IntArray,
    remaining: IntArray,
    size: int,
    n_words: int,
) -> tuple[IntArray, IntArray]:
    """Walk one word on from `nodes`; return the start positions that go on, and where they are now."""
    inside = remaining[starts] >= size
    starts, nodes = starts[inside], nodes[inside]
    word = words[starts + size - 1]
    keys = nodes * n_words + word
    at = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
    known = (word >= 0) & (level.keys[at] == keys)
    return starts[known], at[known]


def count_words(tokens: Tokens, sizes: tuple[int, int]) -> tuple[list[str], sparse.csr_array]:
    """Return every word n-gram of the texts, sorted, and its counts, shape (n_texts, n_terms)."""
    shortest, longest = sizes
    names: dict[str, int] = {}
    numbers = np.array([names.setdefault(word, len(names)) for _, word in tokens.types], np.int64)
    words = numbers[tokens.ids] if len(numbers) else np.zeros(0, np.int64)
    rows, remaining = _positions(tokens)
    strings = np.array(list(names), dtype=object)
    terms: list[str] = []
    found_rows, found_columns = [], []
    starts = np.arange(len(words))
    nodes, prefix = np.zeros(len(words), np.int64), np.array([""], dtype=object)
    for size in range(1, longest + 1):
        inside = remaining[starts] >= size
        starts, nodes = starts[inside], nodes[inside]
        keys, nodes = np.unique(nodes * len(names) + words[starts + size - 1], return_inverse=True)
        separator = " " if size > 1 else ""
        prefix = prefix[keys // max(len(names), 1)] + separator + strings[keys % max(len(names), 1)]
        if size >= shortest:
            found_rows.append(rows[starts])
            found_columns.append(nodes + len(terms))
            terms.extend(prefix)
    terms, places = _sorted(terms)
    return terms, _count_pairs(found_rows, [places[found] for found in found_columns], (len(tokens), len(terms)))


def _sorted(terms: list[str]) -> tuple[list[str], IntArray]:
    """Return the terms in order, and where each has gone."""
    order = sorted(range(len(terms)), key=terms.__getitem__)
    places = np.empty(len(terms), np.int64)
    places[order] = np.arange(len(terms))
    return [terms[index] for index in order], places


def _positions(tokens: Tokens) -> tuple[IntArray, IntArray]:
    """Return for each token the row of its text, and how many tokens are left there, itself included."""
    lengths = np.diff(tokens.starts)
    rows = np.repeat(np.arange(len(tokens)), lengths)
    return rows, tokens.starts[1:][rows] - np.arange(len(tokens.ids))


def _type_counts(tokens: Tokens) -> sparse.csr_array:
    shape = (len(tokens), len(tokens.types))
    ones = np.ones(len(tokens.ids), _COUNT)
    return sparse.csr_array((ones, tokens.ids.astype(np.int64), tokens.starts), shape=shape)


def _ragged(rows: list[list[int]], places: IntArray) -> sparse.csr_array:
    """Return a matrix with a 1 for each number in each row, at the number's place."""
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    columns = np.fromiter((column for row in rows for column in row), np.int64, count=int(starts[-1]))
    return sparse.csr_array((np.ones(len(columns), _COUNT), places[columns], starts), shape=(len(rows), len(places)))


def _count_pairs(rows: list[IntArray], columns: list[IntArray], shape: tuple[int, int]) -> sparse.csr_array:
    row = np.concatenate([np.zeros(0, np.int64), *rows])
    column = np.concatenate([np.zeros(0, np.int64), *columns])
    return _finish(sparse.coo_array((np.ones(len(row), _COUNT), (row, column)), shape=shape).tocsr())


def _finish(counts: sparse.csr_array) -> sparse.csr_array:
    counts.sum_duplicates()
    counts.sort_indices()
    return counts
