"""Recall: whatever follows from a chunk alone is worked out once, and remembered by the raw chunk."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from threading import Lock
from typing import Generic, TypeVar

from surtitle.text.chunks import ChunkReader
from surtitle.text.cleaning import CHUNK_LIMIT
from surtitle.text.memo import Memo

__all__ = ["Recall", "code_bytes"]

Code = TypeVar("Code", bound=tuple[object, ...])
Found = TypeVar("Found")


def code_bytes(code: tuple[object, ...]) -> int:
    """Return about how many bytes of memory a code takes, with the dictionary's entry and its key."""
    return 200 + 8 * len(code)


class _Touchy(Generic[Code]):
    """A code that may be wrong beside some other chunks. It cannot be iterated: a hot loop trips over it."""

    __slots__ = ("code",)

    def __init__(self, code: Code) -> None:
        self.code = code


class Recall(Generic[Code]):
    """Gives each text's chunks as codes, from memory where it can. Safe to share between threads.

    Parameters
    ----------
    reader : ChunkReader
        Cuts chunks that are not remembered, and whole texts, into tokens.
    encode : callable
        Makes a code, a tuple, of tokens.
    capacity : int
        About how many bytes the memory may take.
    weigh : callable
        Gives the bytes that a code takes; without it, `code_bytes`.

    Attributes
    ----------
    whole : int
        How many texts were taken whole so far, because their chunks touch each other.
    """

    def __init__(
        self,
        reader: ChunkReader,
        encode: Callable[[Sequence[str]], Code],
        capacity: int,
        weigh: Callable[[Code], int] = code_bytes,
    ) -> None:
        self._reader = reader
        self._encode = encode
        self._memo: Memo[Code | _Touchy[Code]] = Memo(
            max(capacity // 2, 1), lambda found: weigh(found.code if isinstance(found, _Touchy) else found)
        )
        self._lock = Lock()
        self.whole = 0

    @property
    def n_bytes(self) -> int:
        """About how many bytes the memory takes now."""
        return self._memo.weight

    def one(self, text: str, use: Callable[[Iterable[Code]], Found]) -> Found:
        """Apply `use` to the codes of one text's chunks: what `each` does, without the costs of a batch."""
        try:
            return use(map(self._memo.young.get, text.split()))  # type: ignore[arg-type]  # None: as in `each`
        except TypeError:
            return self.each((text,), use)[0]

    def each(self, texts: Iterable[str], use: Callable[[Iterable[Code]], Found]) -> list[Found]:
        """Apply `use` to the codes of each text's chunks, in order.

        `use` may be called twice for a text, and must raise `TypeError` for a code that is no tuple: that is how a
        chunk shows that it is not remembered.
        """
        get = self._memo.young.get
        results: list[Found | None] = []
        pending: list[tuple[int, str]] = []
        for text in texts:
            try:
                results.append(use(map(get, text.split())))  # type: ignore[arg-type]  # None: see above
            except TypeError:
                pending.append((len(results), text))
                results.append(None)
        if pending:
            with self._lock:
                found = self._look_up([text for _, text in pending])
            for (place, _), codes in zip(pending, found, strict=True):
                results[place] = use(codes)
        return results  # type: ignore[return-value]  # every None has been replaced

    def _look_up(self, texts: Sequence[str]) -> list[Sequence[Code]]:
        chunks = [text.split() for text in texts]
        found = self._find(dict.fromkeys(chain.from_iterable(chunks)))
        touchy = {chunk for chunk, code in found.items() if isinstance(code, _Touchy)}
        code_of = {chunk: code.code if isinstance(code, _Touchy) else code for chunk, code in found.items()}.__getitem__
        codes: list[Sequence[Code]] = []
        for text, own in zip(texts, chunks, strict=True):
            tokens = None if touchy.isdisjoint(own) else self._reader.read_whole(text)
            if tokens is None:
                codes.append([*map(code_of, own)])
            else:
                self.whole += 1
                codes.append([self._encode(tokens)])
        return codes

    def _find(self, chunks: Iterable[str]) -> dict[str, Code | _Touchy[Code]]:
        """Return the codes of distinct chunks; they are at hand even if the memory has let go of them meanwhile."""
        known: dict[str, Code | _Touchy[Code]] = {}
        missing: list[str] = []
        for chunk in chunks:
            code = self._memo.find(chunk)
            if code is None:
                missing.append(chunk)
            else:
                known[chunk] = code
        for chunk, read in zip(missing, self._reader.read(missing), strict=True):
            code = self._encode(read.tokens)
            known[chunk] = found = _Touchy(code) if read.touchy else code
            if len(chunk) <= CHUNK_LIMIT:
                self._memo.put(chunk, found)
        return known
