"""The 60,082 tweets of crisislex_t6, each arriving when it was written, in windows by event, checked against pandas."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from surtitle.stream.core import Plan
from surtitle.stream.decode import Columns
from surtitle.stream.testing import Rig
from surtitle.stream.windows import parse_window

TWEETS = Path(__file__).parents[3] / "shared" / "data" / "crisislex_t6" / "tweets.csv.gz"
HOUR = 3_600_000_000
STEP_US = 1_000_000_000  # a second, at a thousand times the speed


@pytest.mark.skipif(not TWEETS.is_file(), reason="no real data here")
@pytest.mark.slow
def test_windows_by_event_are_what_pandas_computes(tmp_path: Path) -> None:
    frame = pd.read_csv(TWEETS)
    frame["us"] = pd.to_datetime(frame["created_utc"], utc=True, format="ISO8601").dt.as_unit("us").astype("int64")
    plan = Plan(
        columns=Columns(time="created_utc", client="event"),
        windows=(parse_window("tumbling 1h by event"), parse_window("session 10m by event")),
        bound_us=0,
        idle_after_us=HOUR // 6,
    )
    rig = Rig(tmp_path, plan)
    rig.now = int(frame["us"].iloc[0]) // STEP_US * STEP_US
    for step, tweets in frame.groupby((frame["us"] // STEP_US + 1) * STEP_US):
        while rig.now + STEP_US < step:  # nothing is written, and the clock goes on
            rig.advance_time(STEP_US)
        lines = tweets[["created_utc", "event", "text"]].to_json(orient="records", lines=True)
        rig.push(*lines.encode().splitlines())
        rig.advance_time(STEP_US)
    rig.finish()
    assert len(rig.sink.values("decisions")) == 60_082
    assert rig.sink.values("late") == []
    rows = rig.sink.values("windows")
    assert _told(rows, "tumbling") == _tumbling(frame)
    assert _told(rows, "session") == _sessions(frame)


Told = dict[tuple[str, int], tuple[int, int]]


def _us(time: str) -> int:
    return pd.Timestamp(time).value // 1000


def _told(rows: list[dict[str, Any]], kind: str) -> Told:
    return {
        (row["key"]["event"], _us(row["start"])): (_us(row["end"]), row["totals"]["count"])
        for row in rows
        if row["window"].startswith(kind)
    }


def _tumbling(frame: pd.DataFrame) -> Told:
    counts = frame.groupby(["event", frame["us"] // HOUR * HOUR]).size()
    # Pandas types no index.
    return {key: (key[1] + HOUR, count) for key, count in counts.items()}  # type: ignore[index,misc]


def _sessions(frame: pd.DataFrame) -> Told:
    ordered = frame.sort_values(["event", "us"], kind="stable")
    begins = ordered.groupby("event")["us"].diff().fillna(HOUR) >= HOUR // 6
    grouped = ordered.groupby(begins.cumsum()).agg(
        event=("event", "first"), start=("us", "min"), last=("us", "max"), n=("us", "size")
    )
    return {(event, start): (last + HOUR // 6, n) for event, start, last, n in grouped.itertuples(index=False)}
