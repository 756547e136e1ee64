"""Kafka's errors in our words: what is wrong, where, and what to do about it."""

from surtitle.errors import StreamError, SurroundingsError, SurtitleError
from surtitle.stream.patience import Patience

try:
    from confluent_kafka import KafkaError
except ImportError:
    from surtitle.errors import MissingExtraError

    raise MissingExtraError("confluent-kafka", "kafka") from None

__all__ = ["ReplacedError", "gone", "is_fenced", "is_passing", "is_refusal", "missing_topic", "translate"]


class ReplacedError(SurroundingsError):
    """The broker takes this process for one that another of its name has replaced."""


_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "this user may not use the topic",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "this user may not use the consumer group",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "this user may not use transactions of this name",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "this user may not use the cluster",
}
_PASSING = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._RESOLVE,
    KafkaError._WAIT_COORD,
    KafkaError._MAX_POLL_EXCEEDED,  # the group takes the partitions away, and gives some back
    KafkaError._WAIT_CACHE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
}
_TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
_ABSENT = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
_FENCED = {
    KafkaError._FENCED,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
}


def is_passing(error: KafkaError) -> bool:
    """Say whether the same call may succeed later: a broker is away, or starting."""
    return not error.fatal() and (error.code() in _PASSING or error.retriable())


def is_fenced(error: KafkaError) -> bool:
    """Say whether the broker takes this client for one that has been replaced."""
    return error.code() in _FENCED


def is_refusal(error: KafkaError) -> bool:
    """Say whether trying again is of no use: the user may not, or a record is too large for the topic."""
    return error.code() in _REFUSED or error.code() in _TOO_LARGE


def translate(error: KafkaError, where: str) -> SurtitleError:
    """Return the error to raise for what will not pass.

    Parameters
    ----------
    error : KafkaError
        As librdkafka tells it.
    where : str
        The address, without secrets.
    """
    code = error.code()
    if code in _REFUSED:
        return SurroundingsError(
            f"{where}: {_REFUSED[code]}: {error.str()}; ask the cluster's owner for an ACL "
            "(Read on the topic and the group in; Write on the topics out and on the transactional id)"
        )
    if code in {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}:
        return SurroundingsError(f"{where}: the broker does not let us in: {error.str()}; check user and password")
    if code in _ABSENT:
        return StreamError(f"{where}: there is no such topic; create it first")
    if code == KafkaError._AUTO_OFFSET_RESET or code == KafkaError.OFFSET_OUT_OF_RANGE:
        return StreamError(
            f"{where}: the position to go on from is no longer there ({error.str()}): the topic's retention has passed "
            "it, or the topic was made anew. Events are lost; to go on without them, begin with a new state and group"
        )
    if code in _FENCED or (code == KafkaError._FATAL and "fenced" in error.str()):
        return ReplacedError(
            f"{where}: another process has taken over the place of this one ({error.str()}); give each process that "
            "runs at the same time an instance=NAME of its own"
        )
    return SurroundingsError(f"{where}: {error.str()} ({error.name()})")


def gone(where: str, patience: Patience, last: str) -> SurroundingsError:
    """Return the error for a cluster that stayed away for too long."""
    return SurroundingsError(
        f"{where}: no Kafka broker has answered for {patience} ({last}); is it running, and is the address right?"
    )


def missing_topic(where: str, known: list[str]) -> StreamError:
    """Return the error for a topic that is not there, naming those that are."""
    others = f"; there are {', '.join(known)}" if known else "; there is none yet"
    return StreamError(f"{where}: there is no such topic{others}. Create it first, with as many partitions as you need")
