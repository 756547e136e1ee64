"""Requests per second, limited: the generic cell rate algorithm. PURE: the time is an argument."""

__all__ = ["admit"]


def admit(theoretical: float, now: float, *, rate: float, burst: int) -> tuple[float, float]:
    """Decide whether a request at `now` is within the limit.

    One number per key is all the state there is: the time at which the key will have used up what it was given, if it
    sends nothing more. It needs no clean-up, and several processes can share it.

    Parameters
    ----------
    theoretical : float
        The state: seconds, 0.0 at first.
    now : float
        Seconds, of a clock that never goes back.
    rate : float
        Requests per second, above 0.
    burst : int
        Requests at once, at least 1.

    Returns
    -------
    (float, float)
        The new state, and the seconds to wait: 0.0 when the request is admitted.

    Examples
    --------
    >>> state, wait = admit(0.0, 100.0, rate=2.0, burst=1)
    >>> wait, admit(state, 100.0, rate=2.0, burst=1)[1], admit(state, 100.5, rate=2.0, burst=1)[1]
    (0.0, 0.5, 0.0)

    References
    ----------
    ITU-T I.371 (2004), Annex A, "virtual scheduling".
    """
    interval = 1.0 / rate
    start = max(theoretical, now)
    # The last of `burst` requests at once starts (burst - 1) intervals ahead; rounding must not refuse it.
    wait = start - (burst - 1) * interval - now
    return (start + interval, 0.0) if wait <= interval * 1e-9 else (theoretical, wait)
