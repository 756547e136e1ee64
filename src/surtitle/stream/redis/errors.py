"""Redis' errors in our words: what is wrong, where, and what to do about it."""

from surtitle.errors import StreamError, SurroundingsError, SurtitleError
from surtitle.stream.patience import Patience

try:
    from redis.exceptions import (
        AuthenticationError,
        AuthenticationWrongNumberOfArgsError,
        AuthorizationError,
        BusyLoadingError,
        ConnectionError,  # noqa: A004 it is Redis' name
        MasterDownError,
        NoPermissionError,
        OutOfMemoryError,
        ReadOnlyError,
        RedisError,
        TimeoutError,  # noqa: A004 it is Redis' name
        TryAgainError,
    )
except ImportError:
    from surtitle.errors import MissingExtraError

    raise MissingExtraError("redis", "redis") from None

__all__ = ["gone", "is_passing", "translate"]

_REFUSED = (AuthenticationError, AuthenticationWrongNumberOfArgsError, AuthorizationError, NoPermissionError)
_PASSING = (
    BusyLoadingError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,  # until readers have trimmed their streams
    ReadOnlyError,  # while a replica takes over
    TimeoutError,
    TryAgainError,
)


def is_passing(error: RedisError) -> bool:
    """Say whether the same call may succeed later: the server is away, starting, or out of memory or disk."""
    if isinstance(error, _REFUSED) or _is_about_certificates(error):
        return False
    return isinstance(error, _PASSING) or str(error).startswith("MISCONF")


def _is_about_certificates(error: RedisError) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def translate(error: RedisError, where: str) -> SurtitleError:
    """Return the error to raise for what will not pass.

    Parameters
    ----------
    error : RedisError
        As the client tells it.
    where : str
        The address, without secrets.
    """
    if isinstance(error, NoPermissionError) or "can't run this command" in str(error):
        return SurroundingsError(
            f"{where}: this user may not do that: {error}; it needs XREAD, XINFO and XGROUP on the stream in, and on "
            "the streams out and the keys that begin with surtitle: EVALSHA, SCRIPT, HGET, HSET, TYPE and XADD"
        )
    if isinstance(error, _REFUSED):
        return SurroundingsError(f"{where}: the server does not let us in: {error}; check user and password")
    if _is_about_certificates(error):
        return SurroundingsError(f"{where}: {error}; name the authority's certificate with ca=FILE")
    if "WRONGTYPE" in str(error):
        return StreamError(f"{where}: the key holds something else than a stream; choose another")
    return SurroundingsError(f"{where}: {error}")


def gone(where: str, patience: Patience, last: RedisError) -> SurroundingsError:
    """Return the error for a server that stayed away for too long."""
    return SurroundingsError(
        f"{where}: Redis has not answered as it should for {patience} ({last}); is it running, and is the "
        "address right?"
    )
