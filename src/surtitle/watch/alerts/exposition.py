"""A look at a project as a file for Prometheus's textfile collector."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from surtitle.errors import SurroundingsError
from surtitle.replacing import replacing
from surtitle.watch.overview import Overview
from surtitle.watch.quality import PeriodQuality

__all__ = ["render_metrics", "write_metrics"]

_HELP: Mapping[str, str] = {
    "last_pass_timestamp_seconds": "When the watch last looked.",
    "decisions": "Decisions in the join.",
    "labels": "Late labels in the join.",
    "champion_version": "The version that decides.",
    "auc": "Of the newest period that could be judged.",
    "auc_low": "The lower end of its interval.",
    "auc_high": "The upper end of its interval.",
    "period_end_timestamp_seconds": "When that period ended.",
    "labelled_share": "Share of its decisions with a label.",
    "bad_periods": "Bad ones among the last judged periods.",
    "new_labels": "Labels since the last training.",
    "retrain": "1: the policy asks for a training.",
    "drift": "How far the input is from that of training.",
    "drifted": "1: by more than chance can explain.",
    "last_act_timestamp_seconds": "When the loop last did this.",
}
_DONE = ("promoted", "refused", "in_shadow", "rolled_back", "failed")

Sample = tuple[str, dict[str, str], float]


def render_metrics(overview: Overview) -> str:
    """Return what Prometheus reads.

    Parameters
    ----------
    overview : Overview
        The look.
    """
    samples = list(_samples(overview))
    lines = []
    for name, told in _HELP.items():
        own = [(labels, value) for each, labels, value in samples if each == name]
        if own:
            lines += [f"# HELP surtitle_watch_{name} {told}", f"# TYPE surtitle_watch_{name} gauge"]
            lines += [
                f"surtitle_watch_{name}{_shown({'model': overview.model, **labels})} {value!r}" for labels, value in own
            ]
    return "\n".join(lines) + "\n"


def write_metrics(overview: Overview, path: Path) -> None:
    """Write the file beside and rename it into place, so that nobody reads half of it.

    Raises
    ------
    SurroundingsError
        If it cannot be written.
    """
    try:
        with replacing(path) as beside:
            beside.write_text(render_metrics(overview), encoding="utf-8")
    except OSError as error:
        raise SurroundingsError(f"{path}: {error.strerror}; check alerts.metrics_file") from error


def _samples(overview: Overview) -> Iterator[Sample]:
    yield "last_pass_timestamp_seconds", {}, _seconds(overview.at)
    yield "decisions", {}, float(overview.decisions)
    yield "labels", {}, float(overview.labels)
    for verdict in overview.verdicts:
        whose = {"client": verdict.client or ""}
        yield "champion_version", whose, float(verdict.champion)
        yield "bad_periods", whose, float(len(verdict.bad))
        yield "new_labels", whose, float(verdict.new_labels)
        yield "retrain", whose, float(verdict.action == "retrain")
    for client, quality in _newest(overview).items():
        yield from _quality(client, quality)
    if overview.scores is not None:
        yield from _shift("scores", overview.scores.value, drifted=overview.scores.drifted)
    if overview.texts is not None:
        yield from _shift("words", overview.texts.words.value, drifted=overview.texts.words.drifted)
        yield from _shift("unseen", overview.texts.unseen.value, drifted=overview.texts.unseen.drifted)
    yield from _acts(overview)


def _newest(overview: Overview) -> dict[str, PeriodQuality]:
    """Return by client the newest period that could be judged, of any version."""
    return {
        each.quality.client or "": each.quality
        for each in overview.periods
        if each.quality.mature and each.quality.auc is not None
    }


def _quality(client: str, quality: PeriodQuality) -> Iterator[Sample]:
    whose = {"client": client}
    if quality.auc is not None:
        yield "auc", whose, quality.auc.value
        yield "auc_low", whose, quality.auc.low
        yield "auc_high", whose, quality.auc.high
    yield "period_end_timestamp_seconds", whose, _seconds(quality.end)
    yield "labelled_share", whose, quality.n_labelled / max(quality.n_decisions, 1)


def _shift(what: str, value: float, *, drifted: bool) -> Iterator[Sample]:
    yield "drift", {"what": what}, float(value)
    yield "drifted", {"what": what}, float(drifted)


def _acts(overview: Overview) -> Iterator[Sample]:
    last = {(act.outcome, act.client or ""): act.at for act in overview.acts if act.outcome in _DONE}
    for (outcome, client), at in sorted(last.items()):
        yield "last_act_timestamp_seconds", {"outcome": outcome, "client": client}, _seconds(at)


def _seconds(at: datetime) -> float:
    return round(at.timestamp(), 3)


def _shown(labels: Mapping[str, str]) -> str:
    r"""Write labels as the exposition format has them.

    Examples
    --------
    >>> _shown({"client": 'a"b\n'})
    '{client="a\\"b\\n"}'
    """
    escaped = {
        name: value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"") for name, value in labels.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"
