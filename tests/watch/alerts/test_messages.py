"""What a channel is sent: names from outside break out of nothing."""

import json

import hypothesis
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from surtitle.watch.alerts.happenings import Happening
from surtitle.watch.alerts.messages import as_json, as_mail, as_slack, message_id
from tests.watch.alerts.looks import NOW


def happening(what: str = "moderation: it fell", n: int = 0) -> Happening:
    return Happening(
        id=f"bad_period|{n}",
        at=NOW,
        kind="bad_period",
        severity="warning",
        model="moderation",
        client=None,
        version=3,
        what=what,
        why="By 900 labels.",
    )


def test_json_has_each_with_its_id() -> None:
    (alert,) = json.loads(as_json([happening()]))["alerts"]
    assert alert["id"] == "bad_period|0"
    assert alert["at"] == "2026-03-10T12:00:00Z"


def test_slack_gets_one_text() -> None:
    told = json.loads(as_slack([happening()]))
    assert told == {"text": ":warning: *moderation: it fell*\nBy 900 labels."}


@given(st.text(max_size=30))
@hypothesis.settings(max_examples=30)
def test_nothing_from_outside_mentions_anybody_in_a_chat(name: str) -> None:
    text = json.loads(as_slack([happening(f"{name}<!channel>")]))["text"]
    assert "<" not in text
    assert ">" not in text


@given(st.text(max_size=30))
@hypothesis.settings(max_examples=30)
def test_nothing_from_outside_adds_a_header_to_a_mail(name: str) -> None:
    mail = as_mail([happening(f"{name}\r\nBcc: me@evil.example")], sender="a@b.example", to="c@d.example", at=NOW)
    assert "Bcc" not in mail
    assert [line[:9] for line in mail.as_bytes().splitlines() if line.startswith(b"Subject")] == [b"Subject: "]


def test_a_mail_tells_all_and_the_worst_first() -> None:
    worst = msgspec.structs.replace(happening("m: rolled back"), severity="critical")
    mail = as_mail([happening(), worst], sender="bot@ops.example", to="me@ops.example", at=NOW)
    assert mail["Subject"] == "[critical] m: rolled back and 1 more"
    assert "moderation: it fell" in mail.get_content()
    assert mail["Message-ID"].endswith("@ops.example>")


def test_a_storm_is_shortened() -> None:
    storm = [happening(n=n) for n in range(1000)]
    assert "... and 980 more" in json.loads(as_slack(storm))["text"]
    assert "... and 980 more" in as_mail(storm, sender="a@b.example", to="c@d.example", at=NOW).get_content()
    assert len(json.loads(as_json(storm))["alerts"]) == 1000


def test_the_name_of_a_message_is_that_of_what_it_tells() -> None:
    assert message_id([happening(n=1)]) == message_id([happening(n=1)]) != message_id([happening(n=2)])
