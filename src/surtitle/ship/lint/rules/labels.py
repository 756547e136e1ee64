"""What an image says of itself."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.rule import Example, Hit, rule
from surtitle.ship.lint.rules._shared import listed
from surtitle.ship.lint.words import Pair

__all__ = ["RULES", "WANTED"]

WANTED = ("title", "description", "version", "revision", "source", "licenses")
"""The labels that say what an image is, where it comes from, and what may be done with it."""
_PREFIX = "org.opencontainers.image."
_ANNOTATIONS = "OCI image specification, annotations"
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9]|[.-](?=[a-z0-9]))*")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+|(?:git@|mailto:)\S+", re.IGNORECASE)
_LICENCE = re.compile(r"\(?[A-Za-z0-9][\w.+-]*\)?(?: (?:AND|OR|WITH) \(?[A-Za-z0-9][\w.+-]*\)?)*")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")
_FORMS = {
    "created": (_TIME, "a time of RFC 3339, such as 2026-03-01T12:00:00Z"),
    "url": (_URL, "an address"),
    "source": (_URL, "an address"),
    "documentation": (_URL, "an address"),
    "licenses": (_LICENCE, "an SPDX expression, such as Apache-2.0"),
    "base.digest": (_DIGEST, "a digest, such as sha256:..."),
}


@rule(
    "labels-missing",
    "info",
    "The image says what it is and where it comes from",
    reason="Title, version, revision and source lead from a running container to its code, and to who can mend it.",
    source=f"{_ANNOTATIONS}; hadolint DL3049",
    bad=Example('LABEL org.opencontainers.image.title="moderation"'),
    good=Example(
        'LABEL org.opencontainers.image.title="moderation" \\\n'
        '    org.opencontainers.image.description="Decides comments." \\\n'
        '    org.opencontainers.image.version="1.4.0" \\\n'
        '    org.opencontainers.image.revision="5d1f0c2" \\\n'
        '    org.opencontainers.image.source="https://git.example.org/moderation" \\\n'
        '    org.opencontainers.image.licenses="Apache-2.0"'
    ),
)
def labels_missing(file: Dockerfile) -> Iterator[Hit]:
    """Find what the last stage does not say."""
    final = file.final
    if final is None or not (final.all("CMD", "ENTRYPOINT", "EXPOSE", "LABEL")):
        return
    given = {pair.key for instruction in final.all("LABEL") for pair in instruction.pairs}
    missing = [name for name in WANTED if _PREFIX + name not in given]
    if missing:
        remedy = f'LABEL {_PREFIX}{missing[0]}="..."'
        yield Hit(final.begin.span, f"labels {_PREFIX}* are missing: {listed(missing)}", remedy)


@rule(
    "label-key",
    "info",
    "Keys of labels are in small letters, with dots",
    reason="Tools look them up by their exact spelling.",
    source="hadolint DL3048; Docker, object labels",
    bad='LABEL Maintainer="team@example.org"',
    good='LABEL org.opencontainers.image.authors="team@example.org"',
)
def label_key(file: Dockerfile) -> Iterator[Hit]:
    """Find keys of another form."""
    for pair in _labels(file):
        if "$" not in pair.key and not _KEY.fullmatch(pair.key.replace("_", "-")):
            yield Hit(pair.span, f"{pair.key!r} is no good key", "small letters, digits, dots and hyphens")


@rule(
    "label-value",
    "warning",
    "Known labels hold what they are meant to",
    reason="Tools read the time, follow the address, and compare the licence.",
    source=f"{_ANNOTATIONS}; hadolint DL3052 to DL3056",
    bad='LABEL org.opencontainers.image.created="yesterday"',
    good='LABEL org.opencontainers.image.created="2026-03-01T12:00:00Z"',
)
def label_value(file: Dockerfile) -> Iterator[Hit]:
    """Find values of another form, and empty ones."""
    for pair in _labels(file):
        name = pair.key.removeprefix(_PREFIX)
        value = pair.value or ""
        if not pair.key.startswith(_PREFIX) or "$" in value:
            continue
        pattern, what = _FORMS.get(name, (None, ""))
        if pattern is not None and not pattern.fullmatch(value):
            yield Hit(pair.span, f"{name} is {value!r}", what)
        elif not value.strip():
            yield Hit(pair.span, f"{name} is empty", "say it, or leave the label out")


def _labels(file: Dockerfile) -> Iterator[Pair]:
    for instruction in file.each("LABEL"):
        yield from instruction.pairs


RULES = (labels_missing, label_key, label_value)
