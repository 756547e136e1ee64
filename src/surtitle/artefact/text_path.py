"""The text path of a model as files: the tokenizer's rules, and the chunks that it remembers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from surtitle.errors import ArtefactError, Fault
from surtitle.text import RememberedChunks, TokenizerRules, Vocabulary
from surtitle.text.frequent import MOST_CHUNKS

_Kind = TypeVar("_Kind", TokenizerRules, RememberedChunks)

__all__ = ["TEXT_PATH_FILES", "load_text_path", "save_text_path"]

_TOKENIZER = "tokenizer.json"
_CHUNKS = "chunks.json"
TEXT_PATH_FILES = (_TOKENIZER, _CHUNKS)

_FLAGS = int(re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.UNICODE | re.ASCII)
_PATTERNS = ("prefix", "suffix", "infix", "url", "token")


def save_text_path(
    folder: Path, rules: TokenizerRules, remembered: RememberedChunks, vocabulary: Vocabulary
) -> tuple[str, ...]:
    """Write the files, and return their names. Of the dictionary only what matters to the vocabulary is kept."""
    words = {word for term in vocabulary.words for word in term.split(" ")}
    own = rules.restricted_to(words).with_programs()
    (folder / _TOKENIZER).write_bytes(msgspec.json.encode(own, order="deterministic"))
    (folder / _CHUNKS).write_bytes(msgspec.json.encode(remembered, order="deterministic"))
    return TEXT_PATH_FILES


def load_text_path(folder: Path) -> tuple[TokenizerRules, RememberedChunks]:
    """Read the files back, and check that they make sense.

    Raises
    ------
    ArtefactError
        With the first thing in each file that does not.
    """
    rules = _decode(folder / _TOKENIZER, TokenizerRules)
    remembered = _decode(folder / _CHUNKS, RememberedChunks)
    faults = [
        Fault(name, what)
        for name, found in ((_TOKENIZER, _rule_faults(rules)), (_CHUNKS, _chunk_faults(remembered)))
        if (what := next(found, None))
    ]
    if faults:
        raise ArtefactError(f"the artefact in {folder} is refused", faults)
    return rules, remembered


def _decode(path: Path, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fault = Fault(path.name, f"cannot be read: {error}")
        raise ArtefactError(f"the artefact in {path.parent} is refused", [fault]) from error


def _rule_faults(rules: TokenizerRules) -> Iterator[str]:
    # Patterns are compiled when they are first needed: that of French takes seconds.
    for name in _PATTERNS:
        pattern = getattr(rules, name)
        if pattern is not None and pattern.flags & ~_FLAGS:
            yield f"the {name} pattern has flags {pattern.flags}, which no tokenizer's has"
    for chunk, tokens in rules.exceptions.items():
        if not chunk or "".join(tokens) != chunk or "" in tokens:
            yield f"the tokens of the exception {chunk!r:.80} are not its parts"


def _chunk_faults(remembered: RememberedChunks) -> Iterator[str]:
    names, n_names = remembered.tokens, len(remembered.tokens)
    if len(remembered.chunks) > MOST_CHUNKS:
        yield f"holds {len(remembered.chunks):,} chunks, more than {MOST_CHUNKS:,}"
    for chunk, numbers in remembered.chunks.items():
        if numbers and not 0 <= min(numbers) <= max(numbers) < n_names:
            yield f"the chunk {chunk!r:.80} has tokens that are not among the {n_names:,}"
        elif "".join([names[number] for number in numbers]) != chunk.replace(" ", ""):
            yield f"the tokens of the chunk {chunk!r:.80} are not its parts"
