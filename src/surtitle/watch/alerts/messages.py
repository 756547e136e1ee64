"""Happenings as what a channel is sent: JSON, a line of chat, a mail. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from surtitle.watch.alerts.happenings import Happening

__all__ = ["as_json", "as_mail", "as_slack", "message_id"]

_SHOWN = 20
_SIGNS = {"info": ":information_source:", "warning": ":warning:", "critical": ":red_circle:"}
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def message_id(happenings: Sequence[Happening]) -> str:
    """Return the name of a message: the same whenever the same is sent again.

    Examples
    --------
    >>> message_id([])[:8]
    'e3b0c442'
    """
    told = "\n".join(f"{each.model}|{each.id}|{each.at.isoformat()}" for each in happenings)
    return hashlib.sha256(told.encode()).hexdigest()


def as_json(happenings: Sequence[Happening]) -> bytes:
    """Return ``{"alerts": [...]}``, each with its own id."""
    return msgspec.json.encode({"alerts": happenings})


def as_slack(happenings: Sequence[Happening]) -> bytes:
    """Return ``{"text": ...}`` in Slack's mrkdwn; what a model or client is called cannot mention anybody."""
    lines = [f"{_SIGNS[each.severity]} *{_plain(each.what)}*\n{_plain(each.why)}" for each in happenings[:_SHOWN]]
    return msgspec.json.encode({"text": "\n".join([*lines, *_more(happenings)])})


def _plain(text: str) -> str:
    return _visible(text).translate(_SLACK).replace("*", "").replace("`", "'")


def as_mail(happenings: Sequence[Happening], *, sender: str, to: str, at: datetime) -> EmailMessage:
    """Return a plain mail; its Message-ID is made of what it tells."""
    mail = EmailMessage()
    first = max(happenings, key=lambda each: ("info", "warning", "critical").index(each.severity))
    others = f" and {len(happenings) - 1:,} more" if len(happenings) > 1 else ""
    mail["Subject"] = f"[{first.severity}] {_visible(first.what)[:150]}{others}"
    mail["From"], mail["To"] = sender, to
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id(happenings)[:40]}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    blocks = [
        f"{_visible(each.what)}\n{_visible(each.why)}\n{each.at:%Y-%m-%d %H:%M} UTC, {each.severity}"
        for each in happenings[:_SHOWN]
    ]
    mail.set_content("\n\n".join([*blocks, *_more(happenings)]) + "\n")
    return mail


def _more(happenings: Sequence[Happening]) -> list[str]:
    left = len(happenings) - _SHOWN
    return [f"... and {left:,} more; see: surtitle watch"] if left > 0 else []


def _visible(text: str) -> str:
    r"""Return text that can break neither a header nor a line.

    Examples
    --------
    >>> _visible("sci\nBcc: me")
    'sci?Bcc: me'
    """
    return "".join(each if each.isprintable() else "?" for each in text)
