"""The number of a commit, kept beside the group's offsets, so that it and they become visible in one transaction."""

import msgspec

from surtitle.errors import StreamError

__all__ = ["offset_metadata", "read_epoch"]


def offset_metadata(epoch: int) -> str:
    """Return the text that is committed beside an offset.

    Examples
    --------
    >>> offset_metadata(7)
    '{"surtitle_epoch":7}'
    """
    return msgspec.json.encode({"surtitle_epoch": epoch}).decode()


def read_epoch(metadata: str | None) -> int:
    """Return the epoch in a committed offset's text, 0 if it is not one of ours.

    Raises
    ------
    StreamError
        If the text says that it is ours and cannot be read.

    Examples
    --------
    >>> read_epoch('{"surtitle_epoch":7}'), read_epoch(""), read_epoch("somebody else's")
    (7, 0, 0)
    """
    if not metadata or "surtitle_epoch" not in metadata:
        return 0
    try:
        return msgspec.json.decode(metadata, type=_Metadata).surtitle_epoch
    except msgspec.DecodeError as error:
        raise StreamError(f"the group's offset carries {metadata!r}, which no Surtitle has written") from error


class _Metadata(msgspec.Struct, forbid_unknown_fields=False):
    surtitle_epoch: int
