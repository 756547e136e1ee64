from typing import Any

import pytest

from surtitle.errors import SettingsError, StreamError
from surtitle.stream.redis.address import parse_address

PASSWORD = "hunter2"


def parse(address: str, **environ: str) -> Any:
    return parse_address(address, environ, ["group", "start", "field"])


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("redis://h/comments", ("h", 6379, 0, "comments")),
        ("redis://h:7000/3/comments", ("h", 7000, 3, "comments")),
        ("redis://h/site:1/new", ("h", 6379, 0, "site:1/new")),
        ("redis://h/12", ("h", 6379, 0, "12")),
        ("redis://h/a%2Fb%3Fc", ("h", 6379, 0, "a/b?c")),
        ("redis://h/a#b", ("h", 6379, 0, "a#b")),
        ("redis://[::1]:7000/comments", ("::1", 7000, 0, "comments")),
    ],
)
def test_names_server_database_and_key(address: str, place: tuple[str, int, int, str]) -> None:
    found = parse(address)
    assert (found.host, found.port, found.db, found.stream) == place


def test_a_secret_is_looked_up_and_never_shown() -> None:
    found = parse("rediss://h/2/s?user=me&password=${PW}&ca=ca.pem", PW=PASSWORD)
    assert (found.tls, found.user, found.password, found.ca) == (True, "me", PASSWORD, "ca.pem")
    assert PASSWORD not in repr(found) + found.name
    assert found.name == "rediss://h:6379/2/s"


def test_a_secret_that_is_not_set_is_named() -> None:
    with pytest.raises(SettingsError, match="the environment lacks PW"):
        parse("redis://h/s?password=${PW}")


def test_every_fault_is_told_and_no_secret_is() -> None:
    with pytest.raises(StreamError) as caught:
        parse(f"redis://me:{PASSWORD}@h?password={PASSWORD}&start=now&maxlen=5&shards=2")
    text = str(caught.value)
    for fault in ("host", "stream", "password", "start", "maxlen", "shards"):
        assert f"  - {fault}: " in text
    assert PASSWORD not in text


def test_a_length_that_is_no_number_is_refused() -> None:
    with pytest.raises(StreamError, match="maxlen: is a whole number, not 'many'"):
        parse_address("redis://h/s?maxlen=many", {}, ["maxlen"])
