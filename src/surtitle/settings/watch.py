"""[watch]: how quality is watched over time, and when a model is trained again."""

from typing import Annotated

from msgspec import Meta

from surtitle.settings.kinds import Count, Section

__all__ = ["WatchSettings"]


class WatchSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How quality is watched over time, and when a model is trained again."""

    period: Annotated[str, Meta(description="quality is measured for each stretch of event time so long")] = "1d"
    maturity: Annotated[
        str, Meta(description="how long after its end a period is judged: most labels must have come by then")
    ] = "1d"
    keep: Annotated[str, Meta(description="decisions and labels are kept for so long, by event time")] = "365d"
    keep_versions: Annotated[
        int,
        Meta(
            ge=0,
            description="the loop removes the files of versions that never were a champion, but for the newest so many "
            "of everybody's and of each client's; 0: it removes none",
        ),
    ] = 0
    min_positives: Annotated[
        Count, Meta(description="a period with fewer labels of either class is not judged; the watched class is rare")
    ] = 30
    floor: Annotated[
        float, Meta(ge=0.0, le=1.0, description="a period whose AUC is shown to be below this is bad; 0: no floor")
    ] = 0.0
    margin: Annotated[
        float,
        Meta(ge=0.0, le=1.0, description="bad is also an AUC shown to have fallen by more than this since the test"),
    ] = 0.005
    bad_periods: Annotated[Count, Meta(description="train again when so many matured periods are bad ...")] = 2
    of_periods: Annotated[Count, Meta(description="... of the last so many that could be judged")] = 3
    new_labels: Annotated[
        int, Meta(ge=0, description="train again when so many labels have come since the last training; 0: never")
    ] = 0
    every: Annotated[str, Meta(description="train again when so long has passed, such as 30d; empty: never")] = ""
    cooldown: Annotated[str, Meta(description="never two trainings within so long, whatever the reason")] = "1d"
    window: Annotated[
        str, Meta(description="train on the labels of the last so long, such as 90d; empty: on all there are")
    ] = ""
    half_life: Annotated[
        str,
        Meta(
            description="a retraining counts an example half that is so much older than the newest; empty: as train's"
        ),
    ] = ""
    gate_examples: Annotated[
        Count, Meta(description="of the newest labels so many are kept for the gate, if half of them allow it")
    ] = 500
    shadow: Annotated[
        str,
        Meta(
            description="a challenger that passed the gate first scores live events in silence so long, such as 2d; "
            "empty: it is promoted at once"
        ),
    ] = ""
    guard: Annotated[
        str, Meta(description="so long a new champion is compared with the one before, and rolled back if worse")
    ] = "7d"
