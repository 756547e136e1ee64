"""The tokenizer: from raw texts to spaCy's tokens, with their word forms."""

from collections.abc import Callable

from surtitle.settings import TextSettings
from surtitle.text.batches import Texts
from surtitle.text.by_chunk import ByChunk
from surtitle.text.in_context import InContext
from surtitle.text.native import EngineName, NativeTokenizer, choose_engine
from surtitle.text.rules import TokenizerRules, read_rules
from surtitle.text.tokens import Tokens, join_tokens

__all__ = ["Tokenizer", "tokenize"]

_BLOCK = 20_000


class Tokenizer:
    """Cleans texts and cuts them into spaCy's tokens.

    Not safe to share between threads while in use.

    Parameters
    ----------
    settings : TextSettings
        Language or pipeline, lemmas, pronouns, cleaning.
    rules : TokenizerRules, optional
        Of an artefact; without them, those of the installed spaCy.
    engine : "python" or "native", optional
        Without it, the native one where it is there and takes the rules.

    Raises
    ------
    SettingsError
        If spaCy does not know the language, or the pipeline is not installed.

    Examples
    --------
    >>> tokenizer = Tokenizer(TextSettings())
    >>> tokenizer(["The cars weren't GREEN"]).text(0)
    [('the', 'the'), ('cars', 'car'), ('were', 'be'), ("n't", 'not'), ('green', 'green')]
    """

    def __init__(
        self, settings: TextSettings, rules: TokenizerRules | None = None, engine: EngineName | None = None
    ) -> None:
        rules = rules or read_rules(settings)
        self.engine, rules = choose_engine(rules, engine)
        if rules is None:
            self._tokenize: Callable[[Texts], Tokens] = InContext(settings)
        elif self.engine == "native":
            self._tokenize = NativeTokenizer(rules, settings.cleaning)
        else:
            self._tokenize = ByChunk(rules, settings.cleaning)

    def __call__(self, texts: Texts) -> Tokens:
        """Clean and tokenise texts.

        Raises
        ------
        TypeError, ValueError
            If an item is no string, or missing.
        """
        return self._tokenize(texts)


def tokenize(texts: Texts, settings: TextSettings, *, advance: Callable[[int], None] = lambda _: None) -> Tokens:
    """Clean and tokenise many texts.

    Parameters
    ----------
    texts : sequence of str, or Arrow column of strings
        Raw texts.
    settings : TextSettings
        Cleaning, language, lemmas.
    advance : callable
        Told of the number of texts done since it was last called.
    """
    tokenizer = Tokenizer(settings)
    parts = []
    for start in range(0, len(texts), _BLOCK):
        parts.append(tokenizer(texts[start : start + _BLOCK]))
        advance(len(parts[-1]))
    return join_tokens(parts)
