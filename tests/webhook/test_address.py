import pytest

from surtitle.errors import SettingsError, StreamError
from surtitle.webhook.address import parse_address

SECRET = "hunter2"


def test_what_is_sent_and_what_is_ours_are_kept_apart() -> None:
    found = parse_address(
        "https://h:8443/a b/é?team=7&key=${K}#secret=${S}&bearer=${B}&batch=5&timeout_s=0.5&ca=ca.pem",
        {"K": "k/1", "S": SECRET, "B": "token"},
    )
    assert (found.tls, found.host, found.port) == (True, "h", 8443)
    assert found.target == "/a%20b/%C3%A9?team=7&key=k/1"
    assert (found.secret, found.bearer, found.batch, found.timeout_s, found.ca) == (SECRET, "token", 5, 0.5, "ca.pem")


@pytest.mark.parametrize(
    ("address", "place"),
    [("http://h", ("h", 80, "/")), ("https://h?a=b", ("h", 443, "/?a=b")), ("http://[::1]:5/x", ("::1", 5, "/x"))],
)
def test_what_is_left_out_is_as_usual(address: str, place: tuple[str, int, str]) -> None:
    found = parse_address(address, {})
    assert (found.host, found.port, found.target) == place


def test_no_secret_is_shown() -> None:
    found = parse_address("https://h/hook?token=${T}#secret=${T}", {"T": SECRET})
    assert SECRET not in repr(found) + found.name


def test_every_fault_is_told_and_no_secret_is() -> None:
    with pytest.raises(StreamError) as caught:
        parse_address(
            f"https://me:{SECRET}@h/hook?api_key={SECRET}#secret={SECRET}&bearer={SECRET}&batch=0&timeout_s=0&retry=1",
            {},
        )
    text = str(caught.value)
    for fault in ("host", "api_key", "secret", "bearer", "batch", "timeout_s", "#retry"):
        assert f"  - {fault}: " in text
    assert SECRET not in text


@pytest.mark.parametrize(("setting", "value"), [("bearer", f"{SECRET}\r\nX: y"), ("secret", f"whsec_{SECRET}!")])
def test_a_secret_that_cannot_be_used_is_refused_unseen(setting: str, value: str) -> None:
    with pytest.raises(StreamError, match=f"  - {setting}: what it stands for") as caught:
        parse_address(f"https://h/hook#{setting}=${{S}}", {"S": value})
    assert SECRET not in str(caught.value)


def test_a_secret_that_is_not_set_is_named() -> None:
    with pytest.raises(SettingsError, match="the environment lacks S"):
        parse_address("https://h/hook#secret=${S}", {})
