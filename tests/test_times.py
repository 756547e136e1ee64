from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.times import parse_time

MOMENT = 1_488_326_400_000_000  # 2017-03-01 00:00 UTC


@pytest.mark.parametrize(
    "value",
    [
        "2017-03-01",
        "2017-03-01T00:00:00Z",
        "2017-03-01 00:00:00",
        " 2017-03-01 00:00:00 ",
        "2017/03/01 00:00:00",
        "20170301",
        "2017-03-01 02:00:00 +0200",
        "2017-03-01T02:00:00+02:00",
        "2017-03-01 00:00:00 UTC",
        "Wed, 01 Mar 2017 00:00:00 GMT",
        "Wed Mar 01 00:00:00 +0000 2017",
        "1488326400",
        "1488326400.0",
        "1488326400000",
        "1488326400000000",
        "1488326400000000000",
        1488326400,
        1488326400.0,
        1488326400000,
        Decimal(1488326400),
        date(2017, 3, 1),
        datetime(2017, 3, 1),
        datetime(2017, 3, 1, 2, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_time_is_understood_in_the_forms_people_write(value: object) -> None:
    assert parse_time(value) == MOMENT


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "03/04/2017", "2017", "2017-13-01", "12:30", "12", 42, True, None, float("nan"), [1], "1e99", -5],
)
def test_what_is_no_time_or_could_be_two_is_none(value: object) -> None:
    assert parse_time(value) is None


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=OFFSETS))
def test_iso_8601_goes_there_and_back(moment: datetime) -> None:
    micros = parse_time(moment.isoformat())
    assert micros is not None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros) == moment


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert parse_time(text) is None or isinstance(parse_time(text), int)
