"""Which models to unload when memory is short. PURE."""

from collections.abc import Collection, Mapping

__all__ = ["to_unload"]


def to_unload(sizes: Mapping[int, int], *, keep: Collection[int], limit: int) -> list[int]:
    """Return the versions to unload, least recently used first, until the rest fits.

    Parameters
    ----------
    sizes : mapping of int to int
        Version to bytes, least recently used first.
    keep : collection of int
        Versions that must stay, such as the champion; they count towards the limit.
    limit : int
        Bytes.

    Examples
    --------
    >>> to_unload({1: 40, 2: 40, 3: 40}, keep={1}, limit=100)
    [2]
    """
    excess = sum(sizes.values()) - limit
    gone = []
    for version, size in sizes.items():
        if excess <= 0:
            break
        if version not in keep:
            gone.append(version)
            excess -= size
    return gone
