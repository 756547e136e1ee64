"""Chunks: cleaned and cut into tokens in bulk, and, where many texts share them, remembered as data."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from surtitle.settings import CleaningSettings
from surtitle.text.cleaning import clean, clean_chunks
from surtitle.text.rules import TokenizerRules
from surtitle.text.splitter import Splitter

__all__ = ["ChunkReader", "ReadChunk", "RememberedChunks"]


class RememberedChunks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cleaned chunks are cut into, for those that are frequent in the training texts.

    Only chunks whose tokens do not depend on their neighbours are among them.

    Parameters
    ----------
    tokens : tuple of str
        Each distinct token.
    chunks : dict of str to tuple of int
        A cleaned chunk to its tokens, as indices into `tokens`.
    """

    tokens: tuple[str, ...] = ()
    chunks: dict[str, tuple[int, ...]] = {}

    @classmethod
    def of(cls, chunks: Mapping[str, Sequence[str]]) -> "RememberedChunks":
        """Return chunks with their tokens numbered.

        Examples
        --------
        >>> RememberedChunks.of({"dummy!": ("dummy", "!"), "!": ("!",)})
        RememberedChunks(tokens=('dummy', '!'), chunks={'dummy!': (0, 1), '!': (1,)})
        """
        numbers = {token: number for number, token in enumerate(dict.fromkeys(chain.from_iterable(chunks.values())))}
        return cls(tuple(numbers), {chunk: tuple(numbers[token] for token in found) for chunk, found in chunks.items()})


class ReadChunk(NamedTuple):
    """A raw chunk's tokens, and whether they may change beside other chunks."""

    tokens: Sequence[str]
    touchy: bool


class ChunkReader:
    """Cleans raw chunks and cuts them into tokens. Not safe to share between threads while in use.

    Parameters
    ----------
    rules : TokenizerRules
        Of the tokenizer.
    cleaning : CleaningSettings
        What comes before it.
    remembered : RememberedChunks
        Chunks that need not go to spaCy.

    Examples
    --------
    >>> from surtitle.settings import TextSettings
    >>> from surtitle.text.rules import read_rules
    >>> reader = ChunkReader(read_rules(TextSettings()), CleaningSettings())
    >>> reader.read(["DUMMY!!!!"])
    [ReadChunk(tokens=['dummy', '!', '!', '!'], touchy=False)]
    """

    def __init__(
        self,
        rules: TokenizerRules,
        cleaning: CleaningSettings,
        remembered: RememberedChunks = RememberedChunks(),  # noqa: B008  frozen
    ) -> None:
        self.splitter = Splitter(rules)
        self._cleaning = cleaning
        self._remembered = remembered

    def clean(self, chunks: Sequence[str]) -> list[str]:
        """Return what cleaning makes of each raw chunk."""
        return clean_chunks(chunks, self._cleaning)

    def read(self, chunks: Sequence[str]) -> list[ReadChunk]:
        """Return the tokens of each raw chunk."""
        segments = self.clean(chunks)
        found = {segment: ReadChunk(tokens, touchy=False) for segment, tokens in self._recall(segments)}
        fresh = [segment for segment in dict.fromkeys(segments) if segment not in found]
        if fresh:
            tokens = self.splitter.split(fresh)
            touchy = self.splitter.touchy(fresh, tokens)
            found.update(zip(fresh, map(ReadChunk, tokens, touchy), strict=True))
        return [found[segment] for segment in segments]

    def read_whole(self, text: str) -> list[str] | None:
        """Return the tokens of a raw text with a touchy chunk, or None if its chunks may be read one by one."""
        cleaned = clean(text, self._cleaning)
        return self.splitter.split_text(cleaned) if self.splitter.guard.must_be_whole(cleaned) else None

    def _recall(self, segments: Iterable[str]) -> Iterable[tuple[str, Sequence[str]]]:
        names, known = self._remembered.tokens, self._remembered.chunks.get
        yield "", ()
        for segment in segments:
            if (numbers := known(segment)) is not None:
                yield segment, [names[number] for number in numbers]
