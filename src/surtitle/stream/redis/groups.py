"""A consumer group as a bookmark: told how far a stream was read, for those who watch it or trim by it."""

from typing import Any

from surtitle.errors import StreamError
from surtitle.stream.redis.extent import Place

# After our own modules, which explain how to install it.
from redis.exceptions import ResponseError  # isort: skip

__all__ = ["find_group", "tell_group"]


def find_group(client: Any, stream: str, group: str, *, added: int) -> Place | None:
    """Return how far a group has got, None if there is no such group.

    Parameters
    ----------
    client : Redis
        Where.
    stream, group : str
        Their names.
    added : int
        How many entries the stream ever had: where the group's count is taken to be if the server does not know.

    Raises
    ------
    StreamError
        If consumers of the group were given entries that they have not acknowledged: nobody would decide those.
    """
    try:
        groups = client.xinfo_groups(stream)
    except ResponseError as error:
        if "no such key" in str(error):
            return None
        raise
    for each in groups:
        if each["name"].decode() == group:
            if each["pending"]:
                raise StreamError(
                    f"{stream}: consumers of the group {group} were given {each['pending']} entries that they have not "
                    "acknowledged; nobody would decide those. Settle them (XACK), or name another group"
                )
            row = each.get("entries-read")
            return Place(each["last-delivered-id"].decode(), added if row is None else row)
    return None


def tell_group(client: Any, stream: str, group: str, place: Place) -> None:
    """Move a group to a place; make it if there is none."""
    try:
        client.xgroup_setid(stream, group, place.id, entries_read=place.row)
    except ResponseError as error:
        if not str(error).startswith("NOGROUP"):
            raise
        client.xgroup_create(stream, group, place.id, entries_read=place.row)
