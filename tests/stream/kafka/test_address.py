import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import SettingsError, StreamError
from surtitle.stream.kafka.address import parse_address


def test_reads_servers_topic_and_settings() -> None:
    address = parse_address("kafka://a:9092,b:9092,[::1]:9092/my.topic?group=g&instance=i&start=latest&linger.ms=2", {})
    assert (address.servers, address.topic, address.group, address.instance, address.start) == (
        "a:9092,b:9092,[::1]:9092",
        "my.topic",
        "g",
        "i",
        "latest",
    )
    assert address.settings == {"linger.ms": "2"}


def test_secrets_come_from_the_environment_and_are_not_shown() -> None:
    address = parse_address("kafka://a/t?sasl.username=me&sasl.password=${PW}", {"PW": "a&b=c"})
    assert address.settings == {"sasl.username": "me", "sasl.password": "a&b=c"}
    assert "a&b=c" not in repr(address)
    assert "a&b=c" not in address.name


def test_a_reference_to_nothing_is_named() -> None:
    with pytest.raises(SettingsError, match="PW"):
        parse_address("kafka://a/t?sasl.password=${PW}", {})


@pytest.mark.parametrize("key", ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(StreamError, match="a secret does not belong") as caught:
        parse_address(f"kafka://a/t?{key}=hunter2", {})
    assert "hunter2" not in str(caught.value)


def test_a_user_before_the_host_is_refused_and_not_repeated() -> None:
    with pytest.raises(StreamError, match="does not belong before the host") as caught:
        parse_address("kafka://me:hunter2@a/t", {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["enable.auto.commit", "isolation.level", "transactional.id", "group.id", "acks"])
def test_what_the_guarantees_rest_on_cannot_be_set(key: str) -> None:
    with pytest.raises(StreamError, match=f"{key}: cannot be set"):
        parse_address(f"kafka://a/t?{key}=x", {})


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("kafka:///t", "host: cannot read ''"),
        ("kafka://a:port/t", "host: cannot read 'a:port'"),
        ("kafka://a", "topic: '' is not a topic's name"),
        ("kafka://a/b/c", "topic: 'b/c' is not a topic's name"),
        ("kafka://a/t?start=middle", "start: is earliest or latest, not 'middle'"),
        ("kafka://a/t?gruop=g", "gruop: is not known"),
    ],
)
def test_says_what_is_wrong(address: str, fault: str) -> None:
    with pytest.raises(StreamError) as caught:
        parse_address(address, {})
    assert fault in str(caught.value)


def test_tells_all_faults_together() -> None:
    with pytest.raises(StreamError) as caught:
        parse_address("kafka://a:x/?start=then&acks=0", {})
    assert [fault.where for fault in caught.value.faults] == ["host", "topic", "start", "acks"]


@given(topic=st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True), port=st.integers(1, 65535))
def test_a_name_reads_back_as_the_same_place(topic: str, port: int) -> None:
    address = parse_address(f"kafka://host:{port}/{topic}?group=g", {})
    again = parse_address(address.name, {})
    assert (again.servers, again.topic) == (address.servers, address.topic)
