"""Laws of the whole step: cuts, order, accounts, poison, idleness."""

import json
from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.rules import parse_rules
from tests.stream.streams import BASE, NOW, SECOND, events, in_pieces, outcome, plan, record, records

cuts = st.lists(st.integers(0, 40), max_size=8)
lateness = st.sampled_from([0, 3, 30])
refinements = st.sampled_from(["accumulate", "retract"])
RATE = parse_rules('[[rule]]\nname = "flood"\naction = "review"\nrate = 2\nper = "6s"')


@given(events, cuts, lateness, refinements)
def test_any_cut_of_the_input_into_batches_gives_the_same_rows_decisions_and_letters(
    drawn: Any, cuts: list[int], lateness_s: int, refinements: str
) -> None:
    values = records(drawn)
    made = plan(lateness_s=lateness_s, refinements=refinements)
    whole, cut = outcome(made, RATE), outcome(made, RATE)
    whole.step(values)
    for piece in in_pieces(values, cuts):
        cut.step(piece)
    for each in (whole, cut):
        each.finish()
    assert cut.rows() == whole.rows()
    assert cut.lines("decisions") == whole.lines("decisions")
    assert cut.lines("late") == whole.lines("late")
    assert sorted(cut.letters()) == sorted(whole.letters())


@given(events, cuts, lateness, st.integers(0, 40))
def test_what_is_read_back_from_the_state_goes_on_the_same(
    drawn: Any, cuts: list[int], lateness_s: int, crash_at: int
) -> None:
    values, made = records(drawn), plan(lateness_s=lateness_s)
    straight = outcome(made, RATE)
    straight.step(values)
    straight.finish()
    first, second = outcome(made, RATE), outcome(made, RATE)
    first.step(values[:crash_at])
    kept = {(each.name, each.part, each.key, each.start): each for each in first.commits[0].stored}
    second.core.restore(
        first.commits[0].watermark, first.commits[0].latest, [each for each in kept.values() if each.value is not None]
    )
    second._next["p"] = len(values[:crash_at])
    second.step(values[crash_at:])
    second.finish()
    joined = {
        name: first.rows().get(name, []) + second.rows().get(name, []) for name in {**first.rows(), **second.rows()}
    }
    assert joined == straight.rows()
    assert first.lines("decisions") + second.lines("decisions") == straight.lines("decisions")


@given(
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["chess", "go"]), st.sampled_from(["ann", "bob"]))),
    st.randoms(use_true_random=False),
)
def test_any_order_within_the_bound_gives_the_same_windows(drawn: Any, shuffle: Any) -> None:
    values = [record(number, *each) for number, each in enumerate(drawn)]
    # Sorted by a time that is off by at most 5 s, events are never more than 5 s behind one that came before.
    by_time = sorted(zip(drawn, values, strict=True), key=lambda pair: pair[0][0] + shuffle.uniform(0, 5))
    in_order = sorted(zip(drawn, values, strict=True), key=lambda pair: pair[0][0])
    first, second = outcome(plan(bound_s=5)), outcome(plan(bound_s=5))
    first.step([value for _, value in in_order])
    second.step([value for _, value in by_time])
    assert second.finish().rows() == first.finish().rows()
    assert not first.lines("late")
    assert not second.lines("late")


@given(events, cuts, lateness)
def test_every_record_is_on_time_or_late_or_dead(drawn: Any, cuts: list[int], lateness_s: int) -> None:
    values = records(drawn)
    values[::7] = [b'{"id": 1}'] * len(values[::7])
    made = outcome(plan(lateness_s=lateness_s))
    for piece in in_pieces(values, cuts):
        made.step(piece)
    on_time = sum(commit.tally.on_time for commit in made.commits)
    late = sum(commit.tally.late for commit in made.commits)
    dead = sum(commit.tally.dead for commit in made.commits)
    assert on_time + late + dead == len(values) == sum(commit.tally.records for commit in made.commits)
    assert len(made.lines("late")) == late
    assert len(made.letters()) == dead
    assert len(made.lines("decisions")) == on_time + late


@given(events)
def test_every_final_window_counts_what_pandas_counts(drawn: Any) -> None:
    drawn = [each[:3] for each in drawn]
    made = outcome(plan(["tumbling 10s by client"], bound_s=1000))
    made.step([record(number, *each) for number, each in enumerate(drawn)])
    found = {(row["key"]["client"], row["start"]): row["totals"] for row in made.finish().lines("windows")}
    frame = pd.DataFrame(made.lines("decisions"), columns=["event_time", "client", "score", "action"])
    frame["start"] = pd.to_datetime(frame["event_time"], format="ISO8601", utc=True).dt.floor("10s")
    expected = frame.groupby(["client", "start"])["score"].agg(["count", "mean"])
    counted: dict[Any, Any] = {
        (key[0], f"{key[1]:%Y-%m-%dT%H:%M:%SZ}"): (count, pytest.approx(mean, abs=1e-12))
        for key, count, mean in expected.itertuples()
    }
    assert {key: (totals["count"], totals["mean"]) for key, totals in found.items()} == counted
    assert all(sum(totals["actions"].values()) == totals["count"] for totals in found.values())


def test_one_poison_record_blocks_nothing() -> None:
    made = outcome(plan([]))
    made.step([record(n, n, text="POISON" if n == 7 else "fine") for n in range(20)])
    assert [line["id"] for line in made.lines("decisions")] == [f"e{n}" for n in range(20) if n != 7]
    assert made.letters() == [("p", 7, "ValueError: a text that this model cannot take")]


BAD = {
    b"\xff\xfe": "invalid",
    b"": "is empty",
    b"not json": "malformed",
    b"[1, 2]": "Expected `object`",
    b'{"id": 1}': "missing required field `text`",
    b'{"text": 7}': "Expected `str`",
    b'{"text": null}': "Expected `str`",
    b'{"text": "a", "client": {"a": 1}}': "Expected",
    b'{"text": "a", "time": "soon"}': "time is 'soon', which is not a time",
    b'{"text": "a", "time": "9999-12-31"}': "after it arrived",
    b'{"text": "a", "time": "0001-01-01"}': "before 1900",
    b'{"text": "a", "time": 1e300}': "which is not a time",
    b'{"text": "a", "time": true}': "which is not a time",
    b'{"text": "' + b"\\ud800 and more" + b'"}': "surrogate",
    b'{"text": "' + b"a" * 10_000_000 + b'"}': "is longer than 1,000,000 bytes",
    b'{"text": "a", "more": ' + b"[" * 5000 + b"]" * 5000 + b"}": "nested too deeply",
}


@pytest.mark.parametrize(("value", "reason"), BAD.items(), ids=[str(key[:20]) for key in BAD])
def test_a_bad_record_is_a_dead_letter_and_the_others_go_on(value: bytes, reason: str) -> None:
    made = outcome(plan())
    made.step([record(0, 0), value, record(2, 2)])
    ((partition, position, told),) = made.letters()
    assert (partition, position) == ("p", 1)
    assert reason.lower() in told.lower()
    assert [line["id"] for line in made.lines("decisions")] == ["e0", "e2"]


def test_what_is_kept_of_a_record_that_is_too_long_is_short() -> None:
    made = outcome(plan([]))
    made.step([b'{"text": "' + b"a" * 10_000_000 + b'"}'])
    assert len(made.commits[0].letters[0].value) == 1000


def test_an_event_from_the_far_future_closes_no_window() -> None:
    made = outcome(plan(["tumbling 10s"]))
    made.step([record(0, 1), record(1, 10**7), record(2, 2)], now=BASE + 3 * SECOND)
    assert made.commits[0].tally.late == 0
    assert [position for _, position, _ in made.letters()] == [1]
    assert made.lines("windows") == []


def test_the_oldest_event_and_the_longest_window_are_told_of() -> None:
    made = outcome(plan(["tumbling 36500d", "sliding 36500d every 365d", "session 36500d"]))
    made.step([b'{"text": "a", "time": "1900-01-01"}', record(1, 1)])
    assert len({row["start"] for row in made.finish().lines("windows")}) > 100


def test_an_event_without_a_time_happened_when_it_arrived() -> None:
    made = outcome(plan(["tumbling 10s"]))
    made.step([b'{"text": "a"}'], now=BASE)
    (line,) = made.lines("decisions")
    assert line["event_time"] == line["decided_at"] == "2023-11-14T22:13:20Z"
    assert line["id"] == "p:0"


@given(st.integers(0, 100), st.integers(0, 100))
def test_every_window_closes_in_bounded_time_on_an_idle_stream(first: int, second: int) -> None:
    made = outcome(plan(lateness_s=3))
    made.step(("a", [record(0, first)]), ("b", [record(1, second)]), now=NOW)
    # idle after 30 s; then the longest window (20 s), bound (5 s) and lateness (3 s) pass by the clock
    for seconds in range(31 + 20 + 5 + 3 + 100):
        made.step(now=NOW + seconds * SECOND, empty=["a", "b"])
    assert Counter(row["window"] for row in made.lines("windows") if row["final"]).keys() == set(made.rows())
    assert sum(figures["open"] for figures in made.core.figures()) == 0
    finals = [row for row in made.rows()["tumbling 10s by client"] if row["final"]]
    assert sum(row["totals"]["count"] for row in finals) == 2


def test_late_events_are_decided_and_told_of() -> None:
    made = outcome(plan(["tumbling 10s"]))
    made.step([record(0, 1), record(1, 30), record(2, 2)])
    (late,) = made.lines("late")
    assert (late["id"], late["windows"], late["watermark"]) == ("e2", ["tumbling 10s"], "2023-11-14T22:13:45Z")
    assert [line["id"] for line in made.lines("decisions")] == ["e0", "e1", "e2"]


def test_an_allowed_latecomer_refines_its_window_and_the_last_row_is_final() -> None:
    made = outcome(plan(["tumbling 10s"], bound_s=0, lateness_s=20))
    made.step([record(0, 1), record(1, 12), record(2, 2), record(3, 40)])
    rows = [
        (row["revision"], row["final"], row["retract"], row["totals"]["count"]) for row in made.rows()["tumbling 10s"]
    ]
    first = [(0, False, False, 1), (1, False, False, 2), (2, True, False, 2)]
    second = [(0, False, False, 1), (1, True, False, 1)]
    assert rows == [*first[:2], second[0], first[2], second[1]]


@given(events, lateness)
def test_rows_less_what_was_retracted_are_the_final_rows(drawn: Any, lateness_s: int) -> None:
    made = outcome(plan(lateness_s=lateness_s, refinements="retract"))
    made.step(records(drawn))
    for rows in made.finish().rows().values():
        left: Counter[str] = Counter()
        for row in rows:
            name = json.dumps([row["key"], row["start"], row["end"], row["revision"], row["totals"]])
            left[name] += -1 if row["retract"] else 1
        finals = [row for row in rows if row["final"]]
        assert set(left.values()) <= {0, 1}
        assert sum(left.values()) == len(finals)
        counted = sum(json.loads(name)[4]["count"] for name, times in left.items() if times)
        assert counted == sum(row["totals"]["count"] for row in finals)


@given(events, lateness)
def test_after_merges_no_row_is_left_of_a_session_that_is_no_more(drawn: Any, lateness_s: int) -> None:
    made = outcome(plan(["session 4s by client"], bound_s=0, lateness_s=lateness_s))
    made.step(records(drawn))
    rows = made.finish().lines("windows")
    latest: dict[str, dict[str, Any]] = {}
    for row in rows:  # a reader who keeps the last row of each key and start, and drops what is retracted
        name = json.dumps([row["key"], row["start"]])
        if row["retract"]:
            latest.pop(name, None)
        else:
            latest[name] = row
    assert all(row["final"] for row in latest.values())
    on_time = sum(commit.tally.on_time for commit in made.commits)
    assert sum(row["totals"]["count"] for row in latest.values()) == on_time


def test_a_dead_letter_tried_again_is_decided_once_and_no_longer_dead() -> None:
    from surtitle.stream.ports import Batch

    made = outcome(plan([]))
    made.step([b"broken"])
    again = Batch("p", [record(0, 0)], [0])
    made.commits.append(made.core.step([], made.model, NOW, again=[again]))
    assert [line["position"] for line in made.lines("decisions")] == [0]
    assert sum(commit.tally.dead for commit in made.commits) == 0
    assert sum(commit.tally.on_time for commit in made.commits) == 1
