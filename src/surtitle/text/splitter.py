"""spaCy's tokenizer, built from rules: many chunks at a time, or a whole text.

spaCy cuts at white space and treats each chunk alone, then looks for exceptions over the whole text. Line breaks keep
chunks apart in both passes, so thousands of chunks are tokenised in one call.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from surtitle.errors import ArtefactError, Fault
from surtitle.text.guard import Guard
from surtitle.text.rules import TokenizerRules

__all__ = ["Splitter"]

_BREAK = "\n"
_AT_ONCE = 5000  # segments; a longer text would only take more memory

_NOTHING: Mapping[str, Any] = {"infix_finditer": ()}
"""What a search returns that finds nothing, where that is not None."""


class Splitter:
    """Cuts cleaned text into spaCy's tokens.

    spaCy is imported, and its tokenizers are built, when they are first needed. Not safe to share between threads while
    in use. Nothing of the texts is kept: the memory for their words is given back after each call.

    Parameters
    ----------
    rules : TokenizerRules
        Of the language.

    Examples
    --------
    >>> from surtitle.settings import TextSettings
    >>> from surtitle.text.rules import read_rules
    >>> splitter = Splitter(read_rules(TextSettings()))
    >>> splitter.split(["can't", "foo:("])
    [['ca', "n't"], ['foo', ':(']]
    >>> splitter.split_text("foo:( (")
    ['foo', ':', '(', '(']
    """

    def __init__(self, rules: TokenizerRules) -> None:
        self._rules = rules

    def split(self, segments: Sequence[str]) -> list[list[str]]:
        """Return the tokens of each segment as if it stood alone; none is empty or holds a line break."""
        return _split(self._spacy, segments, together=self._can_join)

    def split_text(self, cleaned: str) -> list[str]:
        """Return the tokens of a cleaned text."""
        with self._spacy.vocab.memory_zone():
            return [token.text for token in self._spacy(cleaned)]

    def touchy(self, segments: Sequence[str], tokens: Sequence[Sequence[str]]) -> list[bool]:
        """Say of each segment, given its tokens, whether these may change beside other segments.

        That takes an exception that was applied in spaCy's second pass, in which it can be outdone from outside, or one
        that holds a space and of which the segment may be a part.
        """
        guard = self.guard
        doubtful = [place for place, found in enumerate(tokens) if guard.may_have_applied(found)]
        first_pass = _split(self._first_pass, [segments[place] for place in doubtful], together=self._can_join)
        changed = {place for place, before in zip(doubtful, first_pass, strict=True) if before != list(tokens[place])}
        return [place in changed or guard.may_be_part(segment) for place, segment in enumerate(segments)]

    @cached_property
    def guard(self) -> Guard:
        """What knows when a text has to be taken as a whole."""
        bare = _tokenizer(self._rules, {})
        tokens: dict[str, list[str]] = {}
        for chunk in self._rules.exceptions:
            # As spaCy's `add_special_case` chooses what its second pass looks for.
            if " " in chunk or bare.find_prefix(chunk) or bare.find_infix(chunk) or bare.find_suffix(chunk):
                tokens[chunk] = [token.text for token in bare(chunk)]
        return Guard(self._rules.exceptions, tokens)

    @cached_property
    def _spacy(self) -> Any:
        return _tokenizer(self._rules, self._rules.exceptions)

    @cached_property
    def _first_pass(self) -> Any:
        """SpaCy's tokenizer without its second pass."""
        # The second pass looks for the exceptions that an affix is found in. While they are added, none is.
        found = _searches(self._rules)
        searches = {name: _Sleeper(search, _NOTHING.get(name)) for name, search in found.items() if search is not None}
        # Of these no chunk can be one.
        unspaced = {chunk: found for chunk, found in self._rules.exceptions.items() if " " not in chunk}
        tokenizer = _build(unspaced, searches)
        for search in searches.values():
            search.awake = True
        return tokenizer

    @cached_property
    def _can_join(self) -> bool:
        """Whether a line break is a token of its own that no exception holds."""
        apart = [token.text for token in self._spacy(f"a{_BREAK}a")] == ["a", _BREAK, "a"]
        return apart and not any(_BREAK in chunk and chunk != _BREAK for chunk in self._rules.exceptions)


class _Sleeper:
    """A search that finds nothing until it is woken."""

    def __init__(self, search: Callable[[str], Any], nothing: Any) -> None:
        self._search = search
        self._nothing = nothing
        self.awake = False

    def __call__(self, text: str) -> Any:
        return self._search(text) if self.awake else self._nothing


def _split(tokenizer: Any, segments: Sequence[str], *, together: bool) -> list[list[str]]:
    found: list[list[str]] = []
    at_once = _AT_ONCE if together else 1
    for start in range(0, len(segments), at_once):
        with tokenizer.vocab.memory_zone():
            texts = [token.text for token in tokenizer(_BREAK.join(segments[start : start + at_once]))]
        texts.append(_BREAK)
        first = 0
        while first < len(texts):
            last = texts.index(_BREAK, first)
            found.append(texts[first:last])
            first = last + 1
    return found


def _tokenizer(rules: TokenizerRules, exceptions: dict[str, tuple[str, ...]]) -> Any:
    return _build(exceptions, _searches(rules))


def _searches(rules: TokenizerRules) -> dict[str, Any]:
    def compiled(name: str) -> Any:
        pattern = getattr(rules, name)
        try:
            return None if pattern is None else re.compile(pattern.pattern, pattern.flags)
        except (re.error, ValueError, OverflowError, RecursionError) as error:
            raise ArtefactError(
                "the tokenizer's rules cannot be used", [Fault(f"{name} pattern", str(error))]
            ) from error

    prefix, suffix, infix = compiled("prefix"), compiled("suffix"), compiled("infix")
    url, token = compiled("url"), compiled("token")
    return {
        "prefix_search": prefix and prefix.search,
        "suffix_search": suffix and suffix.search,
        "infix_finditer": infix and infix.finditer,
        "url_match": url and url.match,
        "token_match": token and token.match,
    }


def _build(exceptions: dict[str, tuple[str, ...]], searches: dict[str, Any]) -> Any:
    from spacy.attrs import ORTH
    from spacy.tokenizer import Tokenizer
    from spacy.vocab import Vocab

    # A bare vocabulary: a lexeme needs no attributes here, and comes cheaper without them.
    rules = {chunk: [{ORTH: token} for token in tokens] for chunk, tokens in exceptions.items()}
    return Tokenizer(Vocab(), rules=rules, **searches)
