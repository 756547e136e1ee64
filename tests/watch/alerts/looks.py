"""Made-up looks at a project."""

from datetime import UTC, datetime, timedelta
from typing import Any

from surtitle.records import Interval
from surtitle.watch.acts import Act
from surtitle.watch.contest import Contest
from surtitle.watch.drift import Drift, Shift
from surtitle.watch.gathering import Gathered
from surtitle.watch.guard import Guard, GuardVerdict
from surtitle.watch.over_time import Watched
from surtitle.watch.overview import Overview
from surtitle.watch.policy import JudgedPeriod, Verdict
from surtitle.watch.quality import PeriodQuality

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def look(*, bad: bool = False, drifted: bool = False, acts: tuple[Act, ...] = (), **other: Any) -> Overview:
    """Return a look at a project with one period."""
    fallen = Interval(0.8, 0.78, 0.82)
    period = JudgedPeriod(NOW - 3 * DAY, NOW - 2 * DAY, 900, 300, fallen, "AUC has fallen" if bad else "")
    verdict = Verdict(
        at=NOW,
        action="wait",
        champion=3,
        client=None,
        test_auc=Interval(0.9, 0.89, 0.91),
        new_labels=900,
        drift=(),
        triggers=(),
        held_back=(),
        periods=(period,),
        reasons=("1 of the last 1 judged periods are bad.",),
    )
    quality = PeriodQuality(
        start=period.start,
        end=period.end,
        version=3,
        n_decisions=1000,
        n_labelled=900,
        positives=300,
        auc=fallen,
        mature=True,
    )
    fields: dict[str, Any] = {
        "model": "moderation",
        "champion": 3,
        "at": NOW,
        "confidence": 0.95,
        "decisions": 1000,
        "labels": 900,
        "gathered": Gathered(0, 0, 0, (), 0),
        "periods": (Watched(quality, None, None, 0, 0, (0,) * 20),),
        "scores": Shift(0.3 if drifted else 0.02, 0.03, drifted),
        "texts": Drift(2000, Shift(0.05, 0.04, False), Shift(0.01, 0.01, False), None, False, ()),
        "drift": (),
        "verdicts": (verdict,),
        "selections": (),
        "notes": (),
        "acts": acts,
    }
    return Overview(**(fields | other))


def act(outcome: str, *, at: datetime = NOW, client: str | None = None, reason: str = "It is so.") -> Act:
    """Return something that the loop has done."""
    guard, contest = None, Contest(challenger=4, examples={})
    if outcome == "rolled_back":
        guard = GuardVerdict(
            at=at,
            guard=Guard(version=3, before=2, since=at - DAY),
            n_examples=500,
            difference=None,
            roll_back=True,
            over=True,
            reason=reason,
        )
    return Act(
        at=at,
        kind="guard" if guard else "policy",
        client=client,
        champion=3,
        outcome=outcome,  # type: ignore[arg-type]  # any of them
        reason=reason,
        guard=guard,
        contest=None if guard else contest,
    )
