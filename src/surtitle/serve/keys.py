"""API keys: only their hashes are kept, and a look-up takes the same time whatever is sent. PURE but for `new_key`.

A key is 256 random bits, so a plain SHA-256 of it is as good at rest as a slow password hash, and takes a microsecond.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from surtitle.errors import Fault, SettingsError

__all__ = ["Keys", "hash_key", "new_key", "parse_keys"]

_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9a-f]{64})")
_PREFIX = "st_"
_BEARER = b"bearer "


def new_key() -> str:
    """Return a fresh random key."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """Return what is kept of a key.

    Examples
    --------
    >>> hash_key("st_example")[:16]
    '7f44226d917925e7'
    """
    return hashlib.sha256(key.encode()).hexdigest()


def parse_keys(text: str, *, where: str) -> dict[str, str]:
    """Read lines of the form ``NAME:HASH``; blank ones and those that begin with # are passed over.

    Parameters
    ----------
    text : str
        The lines; commas may stand for line breaks.
    where : str
        For messages: a file's name or an environment variable.

    Raises
    ------
    SettingsError
        With every line that is wrong; the lines themselves are not repeated, since one could be a key.

    Examples
    --------
    >>> list(parse_keys("nightly:" + hash_key("st_example"), where="keys.txt"))
    ['nightly']
    >>> parse_keys("nightly:st_example", where="keys.txt")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    surtitle.errors.SettingsError: the API keys cannot be used
      - keys.txt:1: is not NAME:HASH, the SHA-256 of a key in 64 hexadecimal digits; make one with: ...
    """
    found: dict[str, str] = {}
    faults = []
    for number, raw in enumerate(re.split(r"[\n,]", text), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            what = "is not NAME:HASH, the SHA-256 of a key in 64 hexadecimal digits"
            faults.append(Fault(f"{where}:{number}", what, "make one with: surtitle serve --new-key NAME"))
        elif match[1] in found:
            faults.append(Fault(f"{where}:{number}", f"names {match[1]} a second time", "give each key its own name"))
        else:
            found[match[1]] = match[2]
    if faults:
        raise SettingsError("the API keys cannot be used", faults)
    return found


class Keys:
    """The keys that are let in.

    Parameters
    ----------
    hashes : mapping of str to str
        Name to hash, as of `parse_keys`.

    Examples
    --------
    >>> keys = Keys({"nightly": hash_key("st_example")})
    >>> keys.name_of([(b"authorization", b"Bearer st_example")]), keys.name_of([(b"x-api-key", b"st_other")])
    ('nightly', None)
    """

    def __init__(self, hashes: dict[str, str]) -> None:
        self.places = {name: place for place, name in enumerate(hashes)}
        # Keyed by a secret of this process: how long the dictionary takes says nothing about any hash that is kept.
        self._secret = secrets.token_bytes(32)
        self._known = {self._place(bytes.fromhex(each)): (name, bytes.fromhex(each)) for name, each in hashes.items()}

    def __len__(self) -> int:
        return len(self.places)

    def name_of(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Return the name of the key that a request brings, or None if it brings none that is known.

        Parameters
        ----------
        headers : iterable of (bytes, bytes)
            Names in small letters. ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``.
        """
        for name, value in headers:
            if name == b"x-api-key":
                return self._find(value)
            if name == b"authorization" and value[:7].lower() == _BEARER:
                return self._find(value[7:].strip())
        return None

    def _find(self, key: bytes) -> str | None:
        digest = hashlib.sha256(key).digest()
        name, kept = self._known.get(self._place(digest), (None, b"\0" * 32))
        return name if hmac.compare_digest(digest, kept) else None

    def _place(self, digest: bytes) -> bytes:
        return hashlib.blake2b(digest, key=self._secret, digest_size=16).digest()
