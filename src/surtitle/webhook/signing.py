"""Signatures of the Standard Webhooks specification: a receiver knows who has sent a request, and when. PURE."""

import base64
import hashlib
import hmac

__all__ = ["PREFIX", "request_id", "signed_headers"]

PREFIX = "whsec_"
"""What a secret begins with whose rest is base64."""


def request_id(ids: list[str]) -> str:
    """Return the name of a request: the same whenever the same outputs are sent again.

    Examples
    --------
    >>> request_id(["in.jsonl|7|1"])[:16]
    'd19f547294d0331e'
    """
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def signed_headers(name: str, body: bytes, *, secret: str, now_s: int) -> dict[str, str]:
    """Return the headers that name a request and, with a secret, sign it.

    Parameters
    ----------
    name : str
        As of `request_id`.
    body : bytes
        Of the request.
    secret : str
        ``whsec_`` and base64, or any other text, whose UTF-8 is then the key; empty: do not sign.
    now_s : int
        The time, in seconds since 1970; a receiver refuses a request that is much older.

    Examples
    --------
    >>> secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the specification's libraries
    >>> name, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    >>> signed_headers(name, body, secret=secret, now_s=1614265330)["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

    References
    ----------
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    headers = {"webhook-id": name, "webhook-timestamp": str(now_s), "Idempotency-Key": name}
    if secret:
        content = f"{name}.{now_s}.".encode() + body
        digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()
