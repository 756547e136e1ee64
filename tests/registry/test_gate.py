import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.records import Interval
from surtitle.registry import Verdict, judge
from surtitle.settings import GateSettings

POLICY = GateSettings(epsilon=0.01, delta=0.02)
GOOD = Interval(0.0, -0.005, 0.005)


def ask(
    overall: Interval | None,
    slices: dict[str, Interval] | None = None,
    policy: GateSettings = POLICY,
    champion: int | None = 1,
) -> Verdict:
    return judge(overall, slices or {}, policy, challenger=2, champion=champion, n_examples=1146)


@pytest.mark.parametrize(
    ("low", "slice_high", "passed"),
    [
        (-0.0099, 0.1, True),
        (-0.0099, -0.02, True),
        (-0.0099, -0.0201, False),
        (-0.01, 0.1, False),
        (-0.01, -0.0201, False),
        (0.2, -0.0201, False),
    ],
)
def test_both_rules_must_hold(low: float, slice_high: float, passed: bool) -> None:
    verdict = ask(Interval(0.0, low, 0.3), {"client=a": Interval(slice_high - 0.1, slice_high - 0.2, slice_high)})
    assert verdict.passed is passed
    assert len(verdict.reasons) == 2


def test_one_fallen_slice_of_many_refuses() -> None:
    slices = {f"client={n}": GOOD for n in range(9)} | {"client=chess": Interval(-0.08, -0.12, -0.04)}
    verdict = ask(GOOD, slices)
    assert not verdict.passed
    assert "1 of 10 slices" in verdict.reasons[1]
    assert "client=chess -0.080 [-0.120, -0.040]" in verdict.reasons[1]


def test_small_slice_does_not_refuse_but_is_named() -> None:
    verdict = ask(GOOD, {"client=tiny": Interval(-0.3, -0.6, 0.1), "client=big": GOOD})
    assert verdict.passed
    assert verdict.reasons[1] == (
        "None of 2 slices is shown to have fallen by more than 0.02; "
        "too few examples to rule such a fall out in: client=tiny."
    )


def test_first_champion_passes_and_says_why() -> None:
    verdict = ask(None, champion=None)
    assert verdict.passed
    assert verdict.reasons == ("There is no champion yet: version 2 passes with nothing to compare it with.",)


@pytest.mark.parametrize("overall", [None, Interval(math.nan, math.nan, math.nan), Interval(0.0, 0.0, math.inf)])
def test_undefined_overall_difference_refuses(overall: Interval | None) -> None:
    verdict = ask(overall)
    assert not verdict.passed
    assert verdict.overall is None
    assert "undefined on these 1,146 test examples" in verdict.reasons[0]


def test_undefined_slice_is_not_judged_and_is_named() -> None:
    verdict = ask(GOOD, {"client=one": Interval(math.nan, math.nan, math.nan), "client=two": GOOD})
    assert verdict.passed
    assert verdict.unjudged == ("client=one",)
    assert list(verdict.slices) == ["client=two"]
    assert "Not judged, the difference being undefined: client=one." in verdict.reasons[1]


def test_no_slices_is_said() -> None:
    assert ask(GOOD).reasons[1] == "No slices were compared."


def test_long_lists_are_cut() -> None:
    verdict = ask(GOOD, {f"client={n}": Interval(-0.5, -0.6, -0.4) for n in range(12)})
    assert verdict.reasons[1].endswith("client=4 -0.500 [-0.600, -0.400] and 7 more.")


def test_verdict_keeps_the_numbers_it_went_by() -> None:
    verdict = ask(GOOD, {"client=a": GOOD})
    assert (verdict.challenger, verdict.champion, verdict.n_examples) == (2, 1, 1146)
    assert (verdict.epsilon, verdict.delta) == (0.01, 0.02)
    assert (verdict.overall, verdict.slices) == (GOOD, {"client=a": GOOD})


def test_identical_model_is_refused_only_when_nothing_is_granted() -> None:
    same = Interval(0.0, 0.0, 0.0)
    assert ask(same).passed
    assert not ask(same, policy=GateSettings(epsilon=0.0)).passed


ENDS = st.floats(-1.0, 1.0, allow_nan=False)
INTERVALS = st.lists(ENDS, min_size=3, max_size=3).map(sorted).map(lambda ends: Interval(ends[1], ends[0], ends[2]))


@given(INTERVALS, st.dictionaries(st.text(max_size=3), INTERVALS, max_size=4), st.floats(0, 0.5), st.floats(0, 0.5))
def test_verdict_is_the_written_rule(
    overall: Interval, slices: dict[str, Interval], epsilon: float, delta: float
) -> None:
    verdict = ask(overall, slices, GateSettings(epsilon=epsilon, delta=delta))
    assert verdict.passed == (overall.low > -epsilon and all(slice_.high >= -delta for slice_ in slices.values()))


@given(INTERVALS, st.dictionaries(st.text(max_size=3), INTERVALS, max_size=4), st.data())
def test_better_numbers_never_turn_a_pass_into_a_refusal(
    overall: Interval, slices: dict[str, Interval], data: st.DataObject
) -> None:
    def better(interval: Interval) -> Interval:
        lifts = data.draw(st.lists(st.floats(0.0, 0.5), min_size=3, max_size=3))
        return Interval(interval.value + lifts[0], interval.low + lifts[1], interval.high + lifts[2])

    if ask(overall, slices).passed:
        assert ask(better(overall), {name: better(interval) for name, interval in slices.items()}).passed
