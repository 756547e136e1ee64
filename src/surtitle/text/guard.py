"""The one leak across white space in spaCy's tokenizer, and how it is stopped.

After the affix rules, spaCy looks for exceptions of several tokens over the whole text, and takes no notice of spaces.
A match that spans chunks changes nothing by itself (its text, with the space, is no exception), but where it overlaps a
match inside a chunk, and is longer, spaCy drops that one: ``foo:(`` is ``foo`` and ``:(``, yet ``foo:( (`` is four
tokens. So a chunk's tokens depend on its neighbours only if

- an exception was applied to the chunk in this second pass, and
- the last tokens of some chunk begin an exception with which the next chunk's first token goes on.

Such a text is taken to spaCy as a whole. The second condition is checked on characters rather than tokens, which finds
more than there is. An exception that itself holds a space can be applied across chunks; a text that holds one is taken
as a whole too.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Guard"]


class Guard:
    """Knows the texts that must be tokenised as a whole.

    Parameters
    ----------
    exceptions : mapping of str to sequence of str
        Each exception's own tokens.
    found : mapping of str to sequence of str
        Of those that the second pass looks for, the tokens that the affix rules cut them into: what it looks for.

    Examples
    --------
    >>> guard = Guard({":(": [":("], ":((": [":(("]}, {":(": [":", "("], ":((": [":", "(", "("]})
    >>> guard.must_be_whole("foo:( ("), guard.must_be_whole("foo:( bar")
    (True, False)
    """

    def __init__(self, exceptions: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> None:
        several = [tuple(tokens) for tokens in found.values() if len(tokens) > 1]
        shared = {token for tokens in several for token in tokens}
        # A match is cut out of running text, so what begins or ends with a space is never applied.
        applied = [
            chunk
            for chunk, tokens in found.items()
            if list(tokens) != list(exceptions[chunk]) and not shared.isdisjoint(tokens) and chunk == chunk.strip()
        ]
        self._firsts = frozenset(exceptions[chunk][0] for chunk in applied)
        spaced = [chunk for chunk in applied if " " in chunk]
        crossings = {f"{''.join(tokens[:size])} {tokens[size]}" for tokens in several for size in range(1, len(tokens))}
        self._across = _any_of([*crossings, *spaced])
        self._parts = tuple({chunk[:at] for chunk in spaced for at, character in enumerate(chunk) if character == " "})

    def may_have_applied(self, tokens: Sequence[str]) -> bool:
        """Whether an exception may have been applied where these tokens came out."""
        return not self._firsts.isdisjoint(tokens)

    def may_be_part(self, segment: str) -> bool:
        """Whether an exception that holds a space may begin at the end of this segment."""
        return segment.endswith(self._parts)

    def must_be_whole(self, cleaned: str) -> bool:
        """Whether a cleaned text with a touchy segment has to be tokenised as a whole."""
        return self._across.search(cleaned) is not None


def _any_of(strings: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that matches any of the strings; of none, one that never matches."""
    return re.compile("|".join(map(re.escape, sorted(set(strings)))) or r"(?!)")
