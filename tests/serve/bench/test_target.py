import json

import pytest

from surtitle.errors import SurroundingsError, UsageError
from surtitle.serve.bench import is_loopback, make_requests, parse_target

HERE = parse_target("http://127.0.0.1:8080")


def bodies(requests: list[bytes]) -> list[object]:
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in requests]


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, "/decide"),
        ("http://localhost/", "localhost", 80, "/decide"),
        ("https://example.org/v2/models/m/infer?x=1", "example.org", 443, "/v2/models/m/infer?x=1"),
        ("http://[::1]:9000", "::1", 9000, "/decide"),
    ],
)
def test_an_address_is_taken_apart(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.path, target.tls) == (host, port, path, url.startswith("https"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://a",
        "http://",
        "http://a:99999",
        "http://a\r\nb",
        "http://ä",
        "http://u:p@a",
        "http://[",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        parse_target(url)


@pytest.mark.parametrize(
    ("url", "own"),
    [("http://127.0.0.1", True), ("http://127.9.9.9", True), ("http://[::1]", True), ("http://1.1.1.1", False)],
)
def test_this_machine_is_told_from_others(url: str, own: bool) -> None:
    assert is_loopback(parse_target(url)) is own


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(SurroundingsError, match=r"nowhere\.invalid"):
        is_loopback(parse_target("http://nowhere.invalid"))


def test_a_request_holds_one_text_and_its_client() -> None:
    (request,) = make_requests(HERE, ["so kind, é"], client="science")
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /decide HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Authorization" not in head
    assert json.loads(body) == {"text": "so kind, é", "client": "science"}


def test_lists_hold_so_many_texts_and_every_text_is_sent() -> None:
    requests = make_requests(HERE, ["a", "b", "c"], texts_per_request=2)
    assert bodies(requests) == [[{"text": "a"}, {"text": "b"}], [{"text": "c"}, {"text": "a"}]]


def test_the_key_is_sent_as_a_bearer_token() -> None:
    assert b"\r\nAuthorization: Bearer s3cret\r\n" in make_requests(HERE, ["a"], key="s3cret")[0]


def test_a_key_that_would_add_a_header_is_refused_without_being_shown() -> None:
    with pytest.raises(UsageError) as told:
        make_requests(HERE, ["a"], key="s3cret\r\nX: y")
    assert "s3cret" not in str(told.value)


def test_no_texts_and_no_size_are_refused() -> None:
    with pytest.raises(UsageError, match="no texts"):
        make_requests(HERE, [])
    with pytest.raises(UsageError, match="at least one text"):
        make_requests(HERE, ["a"], texts_per_request=0)
