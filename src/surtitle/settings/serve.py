"""[serve]: how the HTTP service listens, and what it allows."""

from typing import Annotated

from msgspec import Meta

from surtitle.settings.kinds import Count, Positive, Section

__all__ = ["ServeSettings"]


class ServeSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the HTTP service listens, and what it allows."""

    host: Annotated[
        Annotated[str, Meta(min_length=1)],
        Meta(description="the address to listen on; 0.0.0.0 is every one: set keys first"),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="0: any that is free")] = 8080
    workers: Annotated[int, Meta(ge=1, le=64, description="processes that share the socket")] = 1
    poll_s: Annotated[Positive, Meta(description="seconds between looks for a new champion")] = 1.0
    models_mb: Annotated[
        Count,
        Meta(description="per process, with the chunks they remember; over it, clients' models not used lately go"),
    ] = 1024
    shadow: Annotated[
        float, Meta(ge=0.0, le=1.0, description="the share of events that the alias challenger scores too, unseen")
    ] = 0.0
    reasons: Annotated[Count, Meta(description="terms per decision when reasons are asked for")] = 10
    keys_file: Annotated[
        str, Meta(description="hashes of API keys, relative to this file; also from the environment: SURTITLE_KEYS")
    ] = ""
    rate: Annotated[float, Meta(ge=0.0, description="requests a second for each key, over all workers; 0: any")] = 0.0
    burst: Annotated[Count, Meta(description="requests at once within that rate")] = 100
    spool_mb: Annotated[
        Count, Meta(description="how much posted to /events may wait for the stream; more is refused with 503")
    ] = 1_000
    max_body_bytes: Annotated[Count, Meta(description="a longer body is refused with 413")] = 1_000_000
    max_texts: Annotated[Count, Meta(description="in one request; more are refused with 413")] = 1_000
    max_text_chars: Annotated[Count, Meta(description="a longer text is refused with 413")] = 50_000
    max_headers: Annotated[Count, Meta(description="more are refused with 431")] = 64
    max_header_bytes: Annotated[Count, Meta(description="a longer head is refused with 431")] = 16_384
    concurrency: Annotated[Count, Meta(description="requests in flight per process; more are refused with 503")] = 256
    slow_s: Annotated[Positive, Meta(description="seconds that a client has to send its request")] = 10.0
    idle_s: Annotated[Positive, Meta(description="seconds that a connection may stay open between requests")] = 75.0
    drain_s: Annotated[
        float, Meta(ge=0.0, description="seconds after SIGTERM in which it still answers while readiness fails")
    ] = 1.0
    grace_s: Annotated[Positive, Meta(description="seconds after that for work in flight to end")] = 20.0
    access_log: Annotated[bool, Meta(description="one JSON line per request on standard output")] = True
    log_texts: Annotated[bool, Meta(description="with the texts, which are people's own words")] = False
