import math
from datetime import datetime

import msgspec
import pytest

from surtitle.errors import RegistryError, UsageError
from surtitle.records import Interval
from surtitle.registry.checks import check_facts, check_keep, check_move, check_now, check_verdict
from tests.registry.helpers import FACTS, verdict_about


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="without a time zone"):
        check_now(datetime(2026, 1, 1))


def test_every_metric_that_is_not_finite_is_named() -> None:
    metrics = {"auc": Interval(math.nan, 0, 1), "ece": Interval(0, 0, 1), "brier": Interval(0, 0, math.inf)}
    with pytest.raises(RegistryError) as caught:
        check_facts(msgspec.structs.replace(FACTS, metrics=metrics))
    assert [fault.where for fault in caught.value.faults] == ["metrics.auc", "metrics.brier"]


@pytest.mark.parametrize(("notes", "message"), [("\ud800", "half a character"), ("x" * 1_000_001, "bytes")])
def test_facts_that_cannot_be_kept_are_refused(notes: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        check_facts(msgspec.structs.replace(FACTS, notes=notes))


def test_verdict_that_would_not_come_back_is_refused() -> None:
    broken = msgspec.structs.replace(verdict_about(1), overall=Interval(math.nan, 0, 0))
    with pytest.raises(RegistryError, match="cannot be kept"):
        check_verdict(broken)
    check_verdict(verdict_about(1))


@pytest.mark.parametrize("why", ["x" * 2001, "\udfff"])
def test_reason_that_cannot_be_kept_is_refused(why: str) -> None:
    with pytest.raises(RegistryError, match="the reason must be"):
        check_move("champion", 1, why, None, forced=False)


def test_forced_move_needs_a_reason() -> None:
    with pytest.raises(RegistryError, match="only with a reason"):
        check_move("champion", 1, "  ", None, forced=True)


def test_verdict_about_another_version_is_refused() -> None:
    with pytest.raises(RegistryError, match="about version 2, not about version 1"):
        check_move("champion", 1, "", verdict_about(2), forced=False)


def test_refusing_verdict_moves_nothing_unless_forced() -> None:
    refusal = verdict_about(1, passed=False)
    with pytest.raises(RegistryError, match=r"the gate refused version 1 as champion: It is not worse\."):
        check_move("champion", 1, "why", refusal, forced=False)
    check_move("champion", 1, "why", refusal, forced=True)


@pytest.mark.parametrize("keep", [0, -3])
def test_the_newest_version_is_always_kept(keep: int) -> None:
    with pytest.raises(RegistryError, match=f"1 or more, not {keep}"):
        check_keep(keep)
    check_keep(1)
