"""Alerts at the end of a look: to the channels of `[alerts]`, and to Prometheus's file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from surtitle.cli._options import now
from surtitle.cli._terminal import say
from surtitle.errors import SurtitleError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.watch.alerts.happenings import Told
    from surtitle.watch.overview import Overview

__all__ = ["alert", "alerting_of_failure", "publish"]


def publish(project: "Project", overview: "Overview") -> None:
    """Write `alerts.metrics_file`, if one is named; that it cannot be written is told, and stops nothing."""
    name = project.settings.alerts.metrics_file
    if not name:
        return
    from surtitle.watch.alerts.exposition import write_metrics

    try:
        write_metrics(overview, project.root / name)
    except SurtitleError as error:
        say(f"alerts: {error}")


def alert(project: "Project", overview: "Overview") -> None:
    """Tell the channels what is new; what cannot be delivered is told here, and stops nothing."""
    from surtitle.watch.alerts.happenings import happenings_of

    _send(project, happenings_of(overview))


@contextmanager
def alerting_of_failure(project: "Project") -> Iterator[None]:
    """Tell the channels when the block fails, once until it succeeds again."""
    try:
        yield
    except Exception as error:  # a defect stops a watch like anything else, and goes on from here
        from surtitle.watch.alerts.happenings import failing

        _send(project, failing(project.settings.project.name, str(error) or type(error).__name__, now()))
        raise


def _send(project: "Project", told: "Told") -> None:
    from surtitle.watch.alerts.sending import send_alerts

    for delivery in send_alerts(project, told, now=now(), environ=os.environ):
        news = "1 alert" if delivery.happenings == 1 else f"{delivery.happenings:,} alerts"
        if delivery.error:
            say(f"{delivery.channel}: {news} not taken, and sent again at the next look: {delivery.error}")
        else:
            say(f"{delivery.channel}: {news} sent")
