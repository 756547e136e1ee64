"""The lines of one step, gathered by channel. PURE."""

from collections.abc import Mapping, Sequence

import msgspec

from surtitle.records import Reason
from surtitle.stream.deciding import Opinions
from surtitle.stream.decode import Events, moment
from surtitle.stream.outputs import DecisionLine, LateLine, encode_line, window_line
from surtitle.stream.ports import CHANNELS, Channel, Lines
from surtitle.stream.windows import Row, WindowSpec

__all__ = ["Decided", "Gathering"]


class Decided(msgspec.Struct):
    """Events with what was decided of them, by column.

    Parameters
    ----------
    events : Events
        Of one partition.
    opinions : Opinions
        What models say of each; the actions are those that rules have left.
    ruled : list of tuple of Reason
        The rule that decided before the model, if any.
    marks : list of int
        The watermark that each event was judged by.
    """

    events: Events
    opinions: Opinions
    ruled: list[tuple[Reason, ...]]
    marks: list[int]


class Gathering:
    """Lines on their way to the sink.

    Parameters
    ----------
    now : int
        When, in microseconds since 1970.
    source, scope : str
        For ids.
    keyed : bool
        Whether ids and keys are needed.
    """

    def __init__(self, now: int, source: str, scope: str, *, keyed: bool) -> None:
        self._at = moment(now)
        self._source = source
        self._scope = scope
        self._keyed = keyed
        self._lines = {channel: Lines(channel, [], [], []) for channel in CHANNELS}

    def decisions(self, decided: Decided) -> None:
        """Take a decision for each event."""
        events, opinions, at = decided.events, decided.opinions, self._at
        partition = events.partition
        self._lines["decisions"].values.extend(
            [
                encode_line(
                    DecisionLine(
                        "decision",
                        id_,
                        signature.name,
                        signature.version,
                        client,
                        score,
                        action,
                        (*ruled, *reasons) if ruled else reasons,
                        moment(time),
                        at,
                        signature.alias,
                        partition,
                        place,
                    )
                )
                for id_, signature, client, score, action, ruled, reasons, time, place in zip(
                    events.ids,
                    opinions.signatures,
                    events.clients,
                    opinions.scores,
                    opinions.actions,
                    decided.ruled,
                    opinions.reasons,
                    events.times_us,
                    events.positions,
                    strict=True,
                )
            ]
        )
        if self._keyed:
            self._key("decisions", decided, range(len(events)))

    def late(self, decided: Decided, missed: Mapping[int, Sequence[str]]) -> None:
        """Take the events that some windows no longer count: their places, and those windows."""
        events = decided.events
        for place in sorted(missed):
            line = LateLine(
                kind="late",
                id=events.ids[place],
                client=events.clients[place],
                score=decided.opinions.scores[place],
                action=decided.opinions.actions[place],
                windows=tuple(missed[place]),
                watermark=moment(decided.marks[place]),
                event_time=moment(events.times_us[place]),
                decided_at=self._at,
                partition=events.partition,
                position=events.positions[place],
            )
            self._lines["late"].values.append(encode_line(line))
        if self._keyed:
            self._key("late", decided, sorted(missed))

    def _key(self, channel: Channel, decided: Decided, places: Sequence[int]) -> None:
        lines, events, signatures = self._lines[channel], decided.events, decided.opinions.signatures
        stem = f"{self._source}|{events.partition}"
        lines.ids.extend([f"{stem}|{events.positions[place]}|{signatures[place].version}" for place in places])
        lines.keys.extend([None if events.keys is None else events.keys[place] for place in places])

    def windows(self, rows: Sequence[tuple[Row, WindowSpec]]) -> None:
        """Take what windows have said."""
        lines = self._lines["windows"]
        for row, spec in rows:
            lines.values.append(window_line(row, spec, self._scope))
            if self._keyed:
                key = encode_line(row.key).decode()
                sign = "-" if row.retract else "+"
                window = f"{row.window}|{key}|{row.start_us}|{sign}{row.revision}"
                lines.ids.append(f"{self._source}|{self._scope}|{window}")
                lines.keys.append(key.encode())

    def lines(self) -> list[Lines]:
        """Return what there is, by channel."""
        return [lines for lines in self._lines.values() if lines.values]
