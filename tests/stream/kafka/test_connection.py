import logging

import pytest
from confluent_kafka import KafkaError

from surtitle.stream.kafka.address import parse_address
from surtitle.stream.kafka.connection import Connection
from surtitle.stream.patience import Patience


def test_that_nobody_answers_is_told_once_and_that_somebody_does_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    connection = Connection(parse_address("kafka://h:1/t", {}), Patience(5.0))
    for _ in range(3):
        connection.note(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    connection.clear()
    connection.clear()
    connection.note(KafkaError(KafkaError._TRANSPORT))
    assert [record.getMessage() for record in caplog.records] == [
        "kafka://h:1/t: no broker answers; trying again for 5 s",
        "kafka://h:1/t: a broker answers again",
    ]
