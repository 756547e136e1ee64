"""[alerts]: who is told when something happens to a model."""

from typing import Annotated, Literal

from msgspec import Meta

from surtitle.settings.kinds import Section

__all__ = ["AlertSettings", "Kind"]

Kind = Literal["bad_period", "drift", "promoted", "refused", "in_shadow", "rolled_back", "failed"]


class AlertSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is told when something happens to a model."""

    webhooks: Annotated[
        tuple[str, ...], Meta(description='posted to as JSON, such as "https://ops.example/hook#secret=${SECRET}"')
    ] = ()
    slack: Annotated[
        tuple[str, ...],
        Meta(description='posted to as {"text": ...}, as Slack and Mattermost read it; "${NAME}" for all of a URL'),
    ] = ()
    email: Annotated[tuple[str, ...], Meta(description="addresses to write to")] = ()
    email_from: Annotated[str, Meta(description="the sender of these")] = ""
    smtp: Annotated[
        str,
        Meta(
            description='the mail server: "smtp://USER:${PASSWORD}@HOST:587" (STARTTLS) or "smtps://..." (TLS); '
            "#tls=off for one on this machine"
        ),
    ] = ""
    kinds: Annotated[tuple[Kind, ...], Meta(description="what is told")] = (
        "bad_period",
        "drift",
        "promoted",
        "refused",
        "in_shadow",
        "rolled_back",
        "failed",
    )
    attempts: Annotated[
        int, Meta(ge=1, le=10, description="how often to try before the next look; each receiver has 10 s to answer")
    ] = 3
    metrics_file: Annotated[
        str, Meta(description="a file for Prometheus's textfile collector, ending in .prom; empty: none")
    ] = ""
