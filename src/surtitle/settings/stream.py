"""[stream]: how comments are decided as they are written."""

from typing import Annotated, Literal

from msgspec import Meta

from surtitle.settings.kinds import Count, Section

__all__ = ["StreamSettings"]


class StreamSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How comments are decided as they are written."""

    input: Annotated[
        str, Meta(description="a file, a folder, -, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM, spool://")
    ] = ""
    output: Annotated[
        str,
        Meta(
            description="where decisions go: a file, -, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM, https://..."
        ),
    ] = ""
    windows_output: Annotated[str, Meta(description="where window rows go; empty: beside the decisions")] = ""
    late_output: Annotated[str, Meta(description="where late events go; empty: beside the decisions")] = ""
    format: Annotated[
        Literal["auto", "jsonl", "csv", "lines"],
        Meta(description="what a record is; auto goes by the name, lines means that the line itself is the text"),
    ] = "auto"
    follow: Annotated[bool, Meta(description="wait for more at the end of a file, through rotation")] = False
    delivery: Annotated[
        Literal["auto", "at-most-once", "at-least-once", "exactly-once"],
        Meta(description="auto: the strongest that input and output can both give"),
    ] = "auto"
    text: Annotated[str, Meta(description="the field with the text; empty: as data.text")] = ""
    id: Annotated[str, Meta(description="the field with an identifier; empty: as data.id")] = ""
    time: Annotated[str, Meta(description="the field with the event time; empty: as data.time")] = ""
    client: Annotated[str, Meta(description="the field with the client; empty: as data.client")] = ""
    author: Annotated[str, Meta(description="the field with the author, for rules on rates")] = ""
    reasons: Annotated[
        int, Meta(ge=0, le=100, description="terms told with each decision, those that pushed its score most; 0: none")
    ] = 0
    models_mb: Annotated[
        Count,
        Meta(description="per process, with the chunks they remember; over it, clients' models not used lately go"),
    ] = 1024
    rules: Annotated[str, Meta(description="a file of rules that decide before the model, such as rules.toml")] = ""
    windows: Annotated[
        tuple[str, ...],
        Meta(description='such as "tumbling 1m by client", "sliding 10m every 1m" or "session 30m by author"'),
    ] = ()
    aggregates: Annotated[
        tuple[str, ...], Meta(description='of each window; also "top FIELD" and "distinct FIELD"')
    ] = ("count", "rate", "mean", "quantiles", "actions")
    refinements: Annotated[
        Literal["accumulate", "retract"],
        Meta(description="a later row of a window replaces the earlier one, or takes it back first"),
    ] = "accumulate"
    out_of_order: Annotated[str, Meta(description="how much older than the latest event an event may be")] = "5s"
    lateness: Annotated[str, Meta(description="how long after its end a window still takes events")] = "0s"
    idle_after: Annotated[str, Meta(description="an input empty for so long no longer holds windows up")] = "30s"
    max_ahead: Annotated[
        str, Meta(description="an event that claims to be further in the future than this is a dead letter")
    ] = "1m"
    max_record_bytes: Annotated[Count, Meta(description="a longer record is a dead letter")] = 1_000_000
    max_batch: Annotated[int, Meta(ge=1, le=1_000_000, description="the most records in one commit")] = 8192
    patience: Annotated[str, Meta(description="how long to try again when a broker, server or receiver is away")] = "1m"
    metrics: Annotated[
        str, Meta(description="HOST:PORT or PORT where Prometheus reads metrics; empty: nowhere; as --metrics")
    ] = ""
