import pytest
from confluent_kafka import KafkaError

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.kafka.errors import ReplacedError, is_passing, translate


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, SurroundingsError, "may not use the topic"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, SurroundingsError, "may not use the consumer group"),
        (KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, SurroundingsError, "may not use transactions"),
        (KafkaError._AUTHENTICATION, SurroundingsError, "does not let us in"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, StreamError, "no such topic"),
        (KafkaError._AUTO_OFFSET_RESET, StreamError, "no longer there"),
        (KafkaError._FENCED, ReplacedError, "another process has taken over"),
        (KafkaError.MSG_SIZE_TOO_LARGE, SurroundingsError, "MSG_SIZE_TOO_LARGE"),
    ],
)
def test_says_where_what_and_what_to_do(code: int, kind: type[Exception], words: str) -> None:
    error = translate(KafkaError(code), "kafka://a/t")
    assert type(error) is kind
    assert str(error).startswith("kafka://a/t: ")
    assert words in str(error)


@pytest.mark.parametrize("code", [KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT])
def test_a_broker_that_is_away_passes(code: int) -> None:
    assert is_passing(KafkaError(code))


@pytest.mark.parametrize("code", [KafkaError._AUTHENTICATION, KafkaError.TOPIC_AUTHORIZATION_FAILED])
def test_a_refusal_does_not_pass(code: int) -> None:
    assert not is_passing(KafkaError(code))
