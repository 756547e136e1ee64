"""Alerts out to their channels: each happening once, all channels at the same time, for so long and no longer."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread

import msgspec

from surtitle.errors import SurtitleError
from surtitle.project import Project
from surtitle.settings.alerts import AlertSettings
from surtitle.watch.alerts.channels import NotTakenError, channel_names, open_channel
from surtitle.watch.alerts.happenings import Happening, Told
from surtitle.watch.alerts.memory import AlertMemory

__all__ = ["Delivery", "send_alerts"]

_DEADLINE_S = 60.0
_LONGEST_PAUSE_S = 10.0


class Delivery(msgspec.Struct, frozen=True):
    """What became of the news for one channel.

    Parameters
    ----------
    channel : str
        Its name.
    happenings : int
        How many were new to it.
    error : str
        Why it has not taken them; they are sent again at the next look. Empty: it has.
    """

    channel: str
    happenings: int
    error: str = ""


def send_alerts(
    project: Project,
    told: Told,
    *,
    now: datetime,
    environ: Mapping[str, str],
    deadline_s: float = _DEADLINE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Delivery]:
    """Tell each channel of `[alerts]` what is new to it; nothing that goes wrong with that is raised.

    A channel that has taken its message is never sent the same happenings again. If this process dies between the two,
    the next look sends them again, under the same name if they are the same: ``webhook-id``, or Message-ID.

    Parameters
    ----------
    project : Project
        Whose channels, and whose memory of what was told.
    told : Told
        What happened.
    now : datetime
        Aware.
    environ : mapping of str to str
        Where secrets are looked up.
    deadline_s : float
        After that nobody waits any more for a channel that is too slow.
    sleep : callable
        Waits for that many seconds between attempts.
    """
    settings = project.settings.alerts
    names = list(channel_names(settings))
    if not names:
        return []
    try:
        project.state.mkdir(parents=True, exist_ok=True)
        with AlertMemory(project.state) as memory:
            memory.forget(told.over)
            news = {name: _news(told, settings, memory.told(name)) for name in names}
            waiting = [name for name in names if news[name]]
            deliveries = _deliver(waiting, news, settings, environ, deadline_s, sleep)
            for each in deliveries:
                if not each.error:
                    memory.tell(each.channel, [happening.id for happening in news[each.channel]], now=now)
            return deliveries
    except (SurtitleError, OSError) as error:
        return [Delivery("alerts", len(told.happenings), str(error))]


def _news(told: Told, settings: AlertSettings, known: frozenset[str]) -> tuple[Happening, ...]:
    return tuple(each for each in told.happenings if each.kind in settings.kinds and each.id not in known)


def _deliver(
    names: Sequence[str],
    news: Mapping[str, tuple[Happening, ...]],
    settings: AlertSettings,
    environ: Mapping[str, str],
    deadline_s: float,
    sleep: Callable[[float], None],
) -> list[Delivery]:
    """Deliver to all channels at once; who is not done in time has failed."""
    answers: SimpleQueue[Delivery] = SimpleQueue()

    def work(name: str) -> None:
        try:
            error = _attempt(name, news[name], settings, environ, sleep)
        except Exception as unforeseen:  # whatever it is, an alert must not end the loop
            error = f"{type(unforeseen).__name__}: {unforeseen}"
        answers.put(Delivery(name, len(news[name]), error))

    for name in names:
        Thread(target=work, args=(name,), daemon=True).start()
    found: dict[str, Delivery] = {}
    until = time.monotonic() + deadline_s
    while len(found) < len(names):
        try:
            delivery = answers.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        found[delivery.channel] = delivery
    late = f"has not answered within {deadline_s:g} s"
    return [found.get(name, Delivery(name, len(news[name]), late)) for name in names]


def _attempt(
    name: str,
    happenings: Sequence[Happening],
    settings: AlertSettings,
    environ: Mapping[str, str],
    sleep: Callable[[float], None],
) -> str:
    """Deliver to one channel; return why it could not be done, or nothing."""
    try:
        channel = open_channel(name, settings, environ)
    except SurtitleError as error:
        return str(error)
    reason = ""
    for attempt in range(settings.attempts):
        try:
            channel.deliver(happenings)
        except NotTakenError as error:
            reason = str(error)
            if not error.again:
                return reason
            if attempt + 1 < settings.attempts:
                sleep(min(_LONGEST_PAUSE_S, max(error.pause_s, 0.5 * 2**attempt)))
        else:
            return ""
    return f"{reason}; {settings.attempts} attempts"
