"""Which column is what, told from names and values."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.propose import ROLES, Proposal, propose_columns

TEXTS = ["you are so kind today", "what a silly thing to say", "i agree with every word", "no you are wrong again"]


def propose(**columns: Sequence[str]) -> Proposal:
    return propose_columns(list(columns), list(zip(*columns.values(), strict=True)))


def test_the_longest_free_text_is_the_text() -> None:
    titles = ["short one", "short two", "short three", "short four"]
    assert propose(summary_of=titles, whole=[text * 5 for text in TEXTS], y=list("0101")).text == "whole"


def test_a_telling_name_counts_more_than_a_little_length() -> None:
    assert propose(tweet=TEXTS, other=[f"{text} indeed" for text in TEXTS], y=list("0101")).text == "tweet"


def test_two_texts_alike_are_left_to_the_user() -> None:
    found = propose(first=TEXTS, second=TEXTS[::-1], y=list("0101"))
    assert found.text == ""
    assert set(found.candidates["text"]) == {"first", "second"}


@pytest.mark.parametrize("name", ["label", "class", "target", "removed", "is_spam", "isSpam", "Sentiment", "y"])
def test_a_telling_name_makes_a_label(name: str) -> None:
    assert propose(**{"text": TEXTS, name: list("0101"), "votes": list("2112")}).label == name


def test_an_only_column_with_few_values_is_the_label_under_any_name() -> None:
    assert propose(text=TEXTS, zzz=["good", "bad", "good", "bad"]).label == "zzz"


def test_two_nameless_columns_with_few_values_are_left_to_the_user() -> None:
    found = propose(text=TEXTS, one=list("0101"), two=list("1100"))
    assert found.label == ""
    assert set(found.candidates["label"]) == {"one", "two"}


def test_a_label_that_a_sorted_head_shows_only_once_is_still_found_by_name() -> None:
    assert propose(text=TEXTS, label=["negative"] * 4).label == "label"


@pytest.mark.parametrize(
    "values",
    [
        ["2015-02-17T07:36:05Z", "2015-02-18", "2015-02-19 10:00", "2015-02-20"],
        ["Tue Feb 24 11:35:52 +0000 2015"] * 4,
        ["1488326400", "1488326500", "1488326600.5", "1488326700"],
        ["1488326400000"] * 4,
    ],
)
def test_values_that_are_times_make_the_time(values: list[str]) -> None:
    assert propose(text=TEXTS, created_utc=values, label=list("0101")).time == "created_utc"


def test_plain_numbers_are_times_only_under_a_telling_name() -> None:
    assert propose(text=TEXTS, author_number=["1488326400"] * 4, label=list("0101")).time == ""


def test_the_time_of_a_late_label_is_not_the_time() -> None:
    days = ["2015-02-17", "2015-02-18", "2015-02-19", "2015-02-20"]
    assert propose(text=TEXTS, labelled_at=days, label=list("0101")).time == ""


def test_dates_that_can_be_read_two_ways_are_not_proposed() -> None:
    assert propose(text=TEXTS, date=["03/04/2017"] * 4, label=list("0101")).time == ""


@pytest.mark.parametrize("name", ["client", "subreddit", "community", "airline", "event", "domain", "market", "shop"])
def test_a_telling_name_makes_a_client(name: str) -> None:
    assert propose(**{"text": TEXTS, name: ["a", "b", "a", "b"], "label": list("0011")}).client == name


def test_a_column_with_a_value_for_every_row_is_no_client() -> None:
    rows = [[f"this is text number {n}", f"c{n}", str(n % 2)] for n in range(100)]
    assert propose_columns(["text", "client", "label"], rows).client == ""


def test_an_identifier_needs_a_name_and_no_value_twice() -> None:
    assert propose(comment_id=list("abcd"), text=TEXTS, label=list("0101")).id == "comment_id"
    assert propose(comment_id=list("aacd"), text=TEXTS, label=list("0101")).id == ""


def test_an_unnamed_column_is_never_proposed() -> None:
    rows = [[str(n), text, label] for n, (text, label) in enumerate(zip(TEXTS, "0101", strict=True))]
    found = propose_columns(["", "text", "label"], rows)
    assert "" not in [name for names in found.candidates.values() for name in names]


def test_no_rows_give_no_proposals() -> None:
    assert [getattr(propose_columns(["text", "label"], []), role) for role in ROLES] == [""] * 5


@given(
    st.lists(st.text(max_size=8), min_size=1, max_size=5, unique=True).flatmap(
        lambda names: st.tuples(
            st.just(names), st.lists(st.lists(st.text(max_size=12), min_size=len(names), max_size=len(names)))
        )
    )
)
def test_no_column_gets_two_roles_and_each_is_there(table: tuple[list[str], list[list[str]]]) -> None:
    names, rows = table
    found = [getattr(propose_columns(names, rows), role) for role in ROLES]
    chosen = [name for name in found if name]
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(names)
