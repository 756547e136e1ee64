"""What may be wrong between settings that are each right: PURE, values in, faults out."""

import re
from collections.abc import Iterator

from surtitle.durations import parse_duration
from surtitle.errors import Fault
from surtitle.settings import DataSettings, FeatureSettings, Settings, ShipSettings, SplitSettings, WatchSettings
from surtitle.times import parse_time

__all__ = ["faults_between"]

_PASSWORD = re.compile(r"://[^:/@\s]+:(?!\$\{)[^@\s]+@|password\s*=\s*(?!\$\{)\S", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_BASE = re.compile(
    r"[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?:[A-Za-z0-9_][\w.-]{0,127}@sha256:[0-9a-f]{64}", re.ASCII
)
_PYTHON_VERSION = re.compile(r"3\.[0-9]{1,2}", re.ASCII)
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\[[A-Za-z0-9._,-]+\])?", re.ASCII)
_CONTACT = re.compile(r"(mailto:|https://|tel:)\S+")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def faults_between(settings: Settings) -> Iterator[Fault]:
    """Yield every fault that shows only when settings are looked at together, or that a type cannot say.

    Examples
    --------
    >>> from surtitle.settings import DataSettings, Settings
    >>> [str(fault) for fault in faults_between(Settings(data=DataSettings(source="a.csv", sql="SELECT 1")))]
    ['data.source: stands beside data.sql; set one of the two']
    """
    yield from _data_faults(settings.data)
    yield from _split_faults(settings.split, settings.data)
    yield from _feature_faults(settings.features)
    yield from _cost_and_gate_faults(settings)
    yield from _watch_faults(settings.watch)
    yield from _name_faults(settings)
    yield from _ship_faults(settings.ship)


def _data_faults(data: DataSettings) -> Iterator[Fault]:
    if bool(data.source) == bool(data.sql):
        what = "stands beside data.sql" if data.sql else "is missing, and so is data.sql"
        yield Fault("data.source", what, "set one of the two")
    if data.database and not data.sql:
        yield Fault("data.database", "is set without a query", "write one in data.sql")
    if not data.header and not data.columns and not data.sql and data.format in ("auto", "csv", "tsv"):
        yield Fault("data.columns", "is empty although data.header is false", 'name them: ["label", "text"]')
    if data.since and not data.time:
        yield Fault("data.since", "is set, but data.time names no column")
    if data.since and parse_time(data.since) is None:
        yield Fault("data.since", f"is {data.since!r}, which is no time", "write it as 2026-03-01")
    for name in ("text", "label"):
        if not getattr(data, name):
            yield Fault(f"data.{name}", "is empty", f"name the column that holds the {name}")
    for name in ("source", "sql", "database"):
        if _PASSWORD.search(getattr(data, name)):
            yield Fault(f"data.{name}", "holds a password", "put it in the environment and write ${NAME}")


def _split_faults(split: SplitSettings, data: DataSettings) -> Iterator[Fault]:
    if split.validation <= 0 or split.test <= 0:
        yield Fault("split", "validation and test must both be above 0")
    if split.validation + split.test >= 0.9:
        yield Fault("split", "validation and test leave less than a tenth for training", "lower one of them")
    if split.by == "time" and not data.time:
        yield Fault("split.by", "is time, but data.time names no column")
    if split.by == "group" and not split.group:
        yield Fault("split.by", "is group, but split.group names no column")


def _feature_faults(features: FeatureSettings) -> Iterator[Fault]:
    for name in ("word_ngrams", "char_ngrams"):
        span = getattr(features, name)
        if span and (len(span) != 2 or span[0] > span[1]):
            yield Fault(f"features.{name}", f"must be [shortest, longest] or [], got {list(span)}")
    if not features.word_ngrams and not features.char_ngrams:
        yield Fault("features", "word_ngrams and char_ngrams are both empty", "keep one of the two")


def _cost_and_gate_faults(settings: Settings) -> Iterator[Fault]:
    costs = settings.costs
    if costs.review >= max(costs.false_negative, costs.false_positive):
        yield Fault("costs.review", "costs as much as any mistake, so nothing would ever be reviewed", "lower it")
    known = {"client", *settings.evaluate.slices}
    for name in settings.gate.slices:
        if name not in known:
            yield Fault("gate.slices", f"names {name!r}, which is not measured", "add it to evaluate.slices")


def _watch_faults(watch: WatchSettings) -> Iterator[Fault]:
    for name in ("period", "maturity", "cooldown", "guard", "keep", "every", "window"):
        value = getattr(watch, name)
        if not value and name in ("every", "window"):
            continue
        try:
            duration = parse_duration(value)
        except ValueError as error:
            yield Fault(f"watch.{name}", str(error))
        else:
            if not duration and name in ("period", "keep", "every", "window"):
                yield Fault(f"watch.{name}", f"is {value!r}, no time at all")
    if watch.bad_periods > watch.of_periods:
        yield Fault("watch.bad_periods", f"is {watch.bad_periods} of only {watch.of_periods}", "raise watch.of_periods")


def _name_faults(settings: Settings) -> Iterator[Fault]:
    if not _NAME.fullmatch(settings.project.name):
        what = f"{settings.project.name!r} must begin with a letter or digit and hold only those, '.', '_' and '-'"
        yield Fault("project.name", what, "at most 100 characters")
    functions = {"data.prepare": settings.data.prepare, "train.estimator": settings.train.estimator}
    for path, value in functions.items():
        if value and not _FUNCTION.fullmatch(value):
            yield Fault(path, f"{value!r} is not of the form module:function")


def _ship_faults(ship: ShipSettings) -> Iterator[Fault]:
    if not _BASE.fullmatch(ship.base):
        what = f"is {ship.base!r:.80}, which does not pin an image"
        yield Fault("ship.base", what, "write NAME:TAG@sha256:DIGEST, with all 64 digits")
    if ship.python and not _PYTHON_VERSION.fullmatch(ship.python):
        yield Fault("ship.python", f"is {ship.python!r:.20}", "write it as 3.13")
    for package in ship.packages:
        if not _REQUIREMENT.fullmatch(package):
            yield Fault("ship.packages", f"names {package!r:.80}", "give names alone; the versions are those installed")
    for name in ("description", "source", "licenses", "security"):
        if not getattr(ship, name).isprintable():
            yield Fault(f"ship.{name}", "holds a line break or another invisible character", "write one plain line")
    if ship.security and not _CONTACT.fullmatch(ship.security):
        yield Fault("ship.security", f"is {ship.security!r:.80}", "write mailto:NAME@HOST or https://...")
