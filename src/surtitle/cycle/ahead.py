"""Reading the tokenizer's rules in a process of its own, while the data is prepared.

Importing spaCy takes most of a second, and where the native engine is there its rules are all that training needs of
it. So another core reads them, and hands them over as data.
"""

import subprocess
import sys
from types import TracebackType
from typing import Self

import msgspec

from surtitle.settings import Settings, TextSettings
from surtitle.text.native import native_status
from surtitle.text.rules import TokenizerRules, read_rules

__all__ = ["RulesAhead", "tell_rules"]

# A loop trains again and again with the same settings.
_KNOWN: dict[TextSettings, TokenizerRules | None] = {}
_MOST_KNOWN = 8
_SCRIPT = "from surtitle.cycle.ahead import tell_rules; tell_rules()"


class RulesAhead:
    """The rules of a project's text path, asked for before they are needed; ends its process when it is left.

    Parameters
    ----------
    settings : Settings
        With an estimator of the user's own, or a spaCy pipeline, there are no rules to read.

    Examples
    --------
    >>> with RulesAhead(Settings()) as ahead:
    ...     rules = ahead.rules()
    >>> rules.exceptions["can't"]
    ('ca', "n't")
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.text
        wanted = not settings.train.estimator and not settings.text.pipeline and native_status().available
        # With spaCy here already, as in a notebook, reading them takes less time than starting another Python.
        wanted = wanted and self._settings not in _KNOWN and "spacy" not in sys.modules
        self._process = self._start() if wanted else None

    def _start(self) -> subprocess.Popen[bytes] | None:
        try:
            process = subprocess.Popen(  # noqa: S603 this very Python, and nothing of the user's on the command line
                [sys.executable, "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return None  # a Python inside another program may not be able to start one; it reads them itself
        assert process.stdin is not None  # noqa: S101 for the type checker: it was asked for
        process.stdin.write(msgspec.json.encode(self._settings))
        process.stdin.close()
        process.stdin = None
        return process

    def rules(self) -> TokenizerRules | None:
        """Return what `read_rules` gives; whatever goes wrong in the other process goes wrong here once more."""
        if self._settings not in _KNOWN:
            rules = self._read()
            if len(_KNOWN) >= _MOST_KNOWN:
                _KNOWN.clear()
            _KNOWN[self._settings] = rules
        return _KNOWN[self._settings]

    def _read(self) -> TokenizerRules | None:
        if self._process is not None:
            process, self._process = self._process, None
            told, _ = process.communicate()
            if process.returncode == 0:
                return msgspec.json.decode(told, type=TokenizerRules | None)
        return read_rules(self._settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()  # nothing is lost: it only reads
            self._process.communicate()


def tell_rules() -> None:
    """Read settings from stdin and write the rules to stdout, both as JSON."""
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=TextSettings)
    rules = read_rules(settings)
    sys.stdout.buffer.write(msgspec.json.encode(rules and rules.with_programs()))
