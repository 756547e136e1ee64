import pytest

from surtitle.durations import parse_duration
from surtitle.stream.windows import parse_aggregates, parse_window


@pytest.mark.parametrize(
    "text",
    [
        *("", "tumbling", "rolling 1m", "tumbling 1", "tumbling 0s", "tumbling 1m every 1m"),
        *("sliding 10m", "sliding 10m every 3m", "sliding 10m every 0s"),
        *("session 1m by ", "session 1m by a, a", "session 1m by a,,b"),
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"window|duration|column|multiple"):
        parse_window(text)


def test_spaces_make_no_difference() -> None:
    assert parse_window(" tumbling  1m   by a,b ").key == ("a", "b")


@pytest.mark.parametrize("word", ["sum", "top", "distinct ", "Count"])
def test_what_is_no_aggregate_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is not an aggregate; there are: count"):
        parse_aggregates([word])


@pytest.mark.parametrize("text", ["", "5", "-5s", "1.5s", "5 minutes", "1w", "9999999999d", "36501d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|a hundred years"):
        parse_duration(text)
