"""A request that is turned away: the status, and words that name the place and the way out. PURE."""

import msgspec

__all__ = ["Refusal", "malformed"]


class Refusal(Exception):  # noqa: N818 an answer, not a fault
    """Ends a request with a 4xx or 503.

    Parameters
    ----------
    status : int
        Of HTTP.
    message : str
        Becomes ``{"error": message}``.
    retry_after_s : int or None
        For the header of that name.
    close : bool
        Close the connection, because the rest of the request will not be read.
    """

    def __init__(self, status: int, message: str, *, retry_after_s: int | None = None, close: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s
        self.close = close


def malformed(error: Exception) -> Refusal:
    """Say in our words why a body could not be decoded.

    Examples
    --------
    >>> malformed(msgspec.ValidationError("Expected `str`, got `int` - at `$.text`")).message
    'the body has the wrong shape: Expected `str`, got `int` - at `$.text`'
    """
    match error:
        case msgspec.ValidationError():
            what = f"the body has the wrong shape: {error}"
        case UnicodeDecodeError():
            what = "the body holds bytes that are not UTF-8"
        case RecursionError():
            what = "the body is nested too deeply"
        case _:
            what = f"the body is not JSON: {error}"
    return Refusal(400, what)
