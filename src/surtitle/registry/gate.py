"""The gate: the written rule by which a challenger may become champion. Pure.

Both models score the same later examples, and the paired bootstrap gives an interval of the difference
AUC(challenger) - AUC(champion), overall and for each slice. With `epsilon` and `delta` from the settings:

1. **Overall**: the interval's lower end is above ``-epsilon``. The challenger must be *shown* not to be worse by
   `epsilon` or more; too few examples give a wide interval, and so a refusal.
2. **Slices**: no interval lies wholly below ``-delta``. A slice refuses only when it is *shown* to have fallen by more
   than `delta`.

The two rules lean opposite ways on purpose. Were a slice held to the first rule, a small one, whose interval is always
wide, would refuse every challenger for ever. The price is that a small slice can lose more than `delta` unseen: the
verdict names each slice for which that could not be ruled out. A slice whose difference is undefined (one class only)
is not judged, and is named too.

A client's **first model of its own** has to earn its place: it is one more model to watch, so "not worse than the
general champion" is no reason for it. There `epsilon` is 0 (`own_bar`): the lower end of the interval must be above 0,
so that it is *shown* to be better on that client's examples. Later ones take the place of one that has earned it, by
the usual rules.

The first version has nothing to be compared with and passes; the verdict says so.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec

from surtitle.records import Interval
from surtitle.settings import GateSettings

__all__ = ["Verdict", "judge", "own_bar"]

_NAMED = 5


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate said, and the numbers that it went by.

    Parameters
    ----------
    passed : bool
        May the challenger become champion?
    challenger : int
        The version judged.
    champion : int or None
        The version that it was compared with; None when there was none.
    n_examples : int
        Test examples that both scored.
    overall : Interval or None
        Difference of the AUCs; None when there is none to tell.
    slices : dict of str to Interval
        The same for each slice that could be judged.
    unjudged : tuple of str
        Slices whose difference is undefined.
    epsilon, delta : float
        The policy's numbers.
    reasons : tuple of str
        One plain sentence for each rule.
    """

    passed: bool
    challenger: int
    champion: int | None
    n_examples: int
    overall: Interval | None
    slices: dict[str, Interval]
    unjudged: tuple[str, ...]
    epsilon: float
    delta: float
    reasons: tuple[str, ...]


def judge(
    overall: Interval | None,
    slices: Mapping[str, Interval],
    policy: GateSettings,
    *,
    challenger: int,
    champion: int | None,
    n_examples: int,
) -> Verdict:
    """Say whether `challenger` may take the place of `champion`, by the two rules of this module.

    Parameters
    ----------
    overall : Interval or None
        AUC(challenger) - AUC(champion) on all test examples, paired bootstrap. None, or not finite, when it is
        undefined: then the gate refuses, unless there is no champion.
    slices : mapping of str to Interval
        The same for each slice; one that is not finite is not judged.
    policy : GateSettings
        `epsilon` and `delta`.
    challenger, champion : int, int or None
        Versions; None: there is no champion yet.
    n_examples : int
        Test examples that both scored.

    Examples
    --------
    >>> better, policy = Interval(0.012, -0.003, 0.027), GateSettings()
    >>> fallen = {"client=chess": Interval(-0.08, -0.12, -0.04)}
    >>> verdict = judge(better, fallen, policy, challenger=2, champion=1, n_examples=1146)
    >>> verdict.passed
    False
    >>> print(verdict.reasons[1])
    1 of 1 slices fell by more than 0.02, its whole interval below -0.02: client=chess -0.080 [-0.120, -0.040].
    """
    judged = {name: interval for name, interval in slices.items() if _is_finite(interval)}
    unjudged = tuple(name for name in slices if name not in judged)
    if champion is None:
        rules = [(True, f"There is no champion yet: version {challenger} passes with nothing to compare it with.")]
    else:
        rules = [
            _judge_overall(overall, policy.epsilon, f"version {challenger} minus version {champion}", n_examples),
            _judge_slices(judged, unjudged, policy.delta),
        ]
    return Verdict(
        passed=all(passed for passed, _ in rules),
        challenger=challenger,
        champion=champion,
        n_examples=n_examples,
        overall=overall if _is_finite(overall) else None,
        slices=judged,
        unjudged=unjudged,
        epsilon=policy.epsilon,
        delta=policy.delta,
        reasons=tuple(reason for _, reason in rules),
    )


def own_bar(policy: GateSettings) -> GateSettings:
    """Return the policy for a client's first model of its own: not "not worse" but "better".

    Examples
    --------
    >>> gain, policy = Interval(0.01, -0.002, 0.02), own_bar(GateSettings())
    >>> verdict = judge(gain, {}, policy, challenger=2, champion=1, n_examples=90)
    >>> verdict.passed
    False
    >>> print(verdict.reasons[0].partition("; ")[2])
    the lower end must be above 0, and is not.
    """
    return msgspec.structs.replace(policy, epsilon=0.0)


def _is_finite(interval: Interval | None) -> TypeGuard[Interval]:
    return interval is not None and all(math.isfinite(end) for end in (interval.value, interval.low, interval.high))


def _judge_overall(overall: Interval | None, epsilon: float, pair: str, n_examples: int) -> tuple[bool, str]:
    if not _is_finite(overall):
        return False, f"The difference in AUC, {pair}, is undefined on these {n_examples:,} test examples."
    passed = overall.low > 0 - epsilon
    told = f"The difference in AUC, {pair}, is {_signed(overall)} on {n_examples:,} test examples"
    if passed:
        return True, f"{told}; the lower end is above {0 - epsilon:g}, as it must be."
    return False, f"{told}; the lower end must be above {0 - epsilon:g}, and is not."


def _judge_slices(judged: Mapping[str, Interval], unjudged: Sequence[str], delta: float) -> tuple[bool, str]:
    fallen = [name for name, interval in judged.items() if interval.high < -delta]
    unsure = [name for name, interval in judged.items() if interval.low < -delta <= interval.high]
    left = f" Not judged, the difference being undefined: {_listed(unjudged)}." if unjudged else ""
    if fallen:
        count, told = f"{len(fallen)} of {len(judged)} slices", [f"{name} {_signed(judged[name])}" for name in fallen]
        return (
            False,
            f"{count} fell by more than {delta:g}, its whole interval below {-delta:g}: {_listed(told)}.{left}",
        )
    if not judged:
        return True, f"No slices were compared.{left}"
    doubt = f"; too few examples to rule such a fall out in: {_listed(unsure)}" if unsure else ""
    return True, f"None of {len(judged)} slices is shown to have fallen by more than {delta:g}{doubt}.{left}"


def _signed(interval: Interval) -> str:
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
