"""What a whole Dockerfile needs besides the lines that an example shows."""

import re

from surtitle.ship.lint import Beside, Dockerignore, Finding, lint
from surtitle.ship.lint.rule import Example
from surtitle.ship.lint.rules._shared import BASE

_END = {
    "LABEL": 'LABEL org.opencontainers.image.title="moderation" \\\n'
    '    org.opencontainers.image.description="Decides comments." \\\n'
    '    org.opencontainers.image.version="1.4.0" \\\n'
    '    org.opencontainers.image.revision="5d1f0c2" \\\n'
    '    org.opencontainers.image.source="https://git.example.org/moderation" \\\n'
    '    org.opencontainers.image.licenses="Apache-2.0"',
    "HEALTHCHECK": 'HEALTHCHECK CMD ["python", "-m", "app.health"]',
    "USER": "USER 10001:10001",
    "CMD": 'CMD ["python", "-m", "app"]',
}
_GIVEN = {"LABEL": r"image\.title", "HEALTHCHECK": r"^HEALTHCHECK", "USER": r"^USER", "CMD": r"^(CMD|ENTRYPOINT)"}


def framed(example: Example) -> str:
    """Return the example as a whole file: a base in front, and behind it what it does not say itself."""
    begin = "" if re.search(r"^FROM", example.text, re.M) else f"{BASE}\n"
    end = "".join(
        f"{line}\n"
        for name, line in _END.items()
        if name != example.without and not re.search(_GIVEN[name], example.text, re.M)
    )
    return f"{begin}{example.text}\n{end}"


def found_in(example: Example) -> list[Finding]:
    """Lint an example, framed."""
    beside = (
        Beside() if example.ignore is None else Beside(True, Dockerignore(example.ignore) if example.ignore else None)
    )
    return lint(framed(example).encode(), beside=beside)
