"""What is worth telling, and when it is the same thing again."""

import msgspec
import pytest

from surtitle.watch.alerts.happenings import FAILING, happenings_of
from tests.watch.alerts.looks import DAY, NOW, act, look


def kinds(**what: object) -> list[str]:
    return [each.kind for each in happenings_of(look(**what)).happenings]  # type: ignore[arg-type]  # as of look


def test_a_calm_look_tells_nothing() -> None:
    assert kinds() == []


def test_a_bad_period_is_told_by_its_period_and_version() -> None:
    (told,) = happenings_of(look(bad=True)).happenings
    assert (told.kind, told.severity, told.version) == ("bad_period", "warning", 3)
    assert told.what == "moderation: 2026-03-07 12:00 was bad"
    later = happenings_of(msgspec.structs.replace(look(bad=True), at=NOW + DAY)).happenings
    assert [each.id for each in later] == [told.id]


def test_drift_is_told_again_only_after_it_was_over() -> None:
    told = happenings_of(look(drifted=True))
    (drift,) = told.happenings
    assert drift.what == "moderation: scores have drifted"
    assert drift.id not in told.over
    assert drift.id in happenings_of(look()).over
    unlooked = happenings_of(look(scores=None, texts=None))
    assert drift.id not in unlooked.over  # nobody has looked, so nobody knows


def test_a_successful_look_ends_a_failure() -> None:
    assert FAILING in happenings_of(look()).over


@pytest.mark.parametrize(
    ("outcome", "severity", "what"),
    [
        ("promoted", "info", "moderation: version 4 is the champion now"),
        ("refused", "warning", "moderation: version 4 was refused, 3 stays the champion"),
        ("in_shadow", "info", "moderation: version 4 passed the gate and is in the shadow"),
        ("rolled_back", "critical", "moderation: version 3 was rolled back to 2"),
        ("failed", "critical", "moderation: no new version could be made"),
    ],
)
def test_what_the_loop_did_is_told(outcome: str, severity: str, what: str) -> None:
    (told,) = happenings_of(look(acts=(act(outcome),))).happenings
    assert (told.kind, told.severity, told.what) == (outcome, severity, what)


def test_what_the_loop_left_alone_is_not_told() -> None:
    assert kinds(acts=tuple(act(outcome) for outcome in ("waited", "alerted", "kept", "begun", "cut_off"))) == []


def test_what_was_done_long_ago_is_no_news() -> None:
    assert kinds(acts=(act("promoted", at=NOW - 2 * DAY), act("promoted", at=NOW - DAY / 2))) == ["promoted"]


def test_a_client_is_named() -> None:
    (told,) = happenings_of(look(acts=(act("promoted", client="science"),))).happenings
    assert told.what == "moderation, champion@science: version 4 is the champion now"


def test_a_long_reason_is_cut() -> None:
    (told,) = happenings_of(look(acts=(act("failed", reason="so " * 5000),))).happenings
    assert len(told.why) == 500
