"""Every setting there is, with its type, its default and the comment that `surtitle config` prints.

The structures are plain data. Reading and checking them is the work of `surtitle.project`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = [
    "CleaningSettings",
    "CostSettings",
    "DataSettings",
    "EvaluateSettings",
    "FeatureSettings",
    "GateSettings",
    "OwnerSettings",
    "ProjectSettings",
    "ServeSettings",
    "Settings",
    "SplitSettings",
    "StreamSettings",
    "TextSettings",
    "TrainSettings",
]

Share = Annotated[float, Meta(ge=0.0, lt=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1)]
NgramRange = Annotated[tuple[Count, ...], Meta(max_length=2)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class ProjectSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who this project is."""

    name: Annotated[str, Meta(description="the model's name, in decisions, reports and the service")] = "model"


class DataSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the labelled text is and what its columns mean."""

    source: Annotated[str, Meta(description="a file, a folder of files or a pattern, relative to this file")] = ""
    sql: Annotated[
        str,
        Meta(description="a query run by DuckDB instead of reading `source`; it may read files by their paths"),
    ] = ""
    database: Annotated[
        str,
        Meta(
            description="a SQLite file or a PostgreSQL address that the query reads as db.TABLE; "
            "put secrets in the environment: postgresql://me:${PGPASSWORD}@host/base"
        ),
    ] = ""
    prepare: Annotated[
        str,
        Meta(description="your own function, module:function, given and returning a pandas or Arrow table"),
    ] = ""
    format: Annotated[
        Literal["auto", "csv", "tsv", "jsonl", "parquet"],
        Meta(description="auto goes by the file's name; .gz and .zst are unpacked"),
    ] = "auto"
    encoding: Annotated[str, Meta(description="how text files are encoded")] = "utf-8"
    delimiter: Annotated[str, Meta(description="between fields; empty: comma for CSV, tab for TSV")] = ""
    quote: Annotated[
        Annotated[str, Meta(max_length=1)],
        Meta(description="around fields; empty turns quoting off, for files with loose quotes"),
    ] = '"'
    header: Annotated[bool, Meta(description="the first row holds the columns' names")] = True
    columns: Annotated[tuple[str, ...], Meta(description="the columns' names where there is no header")] = ()
    text: Annotated[str, Meta(description="the column with the text")] = "text"
    label: Annotated[str, Meta(description="the column with the label")] = "label"
    id: Annotated[str, Meta(description="the column with an identifier; empty: the row's number")] = ""
    time: Annotated[str, Meta(description="the column with the time; empty: there is none")] = ""
    client: Annotated[str, Meta(description="the column with the client; empty: there is one client")] = ""
    positive: Annotated[
        str, Meta(description="of two labels, the one to act on; empty: 1, true, yes or else the rarer one")
    ] = ""
    max_bad_rows: Annotated[Share, Meta(description="refuse the data when more than this share is unreadable")] = 0.01
    max_row_bytes: Annotated[Count, Meta(description="a longer row is a bad row")] = 1_000_000
    min_examples: Annotated[Count, Meta(description="refuse to train when a class has fewer examples")] = 10
    duplicates: Annotated[
        Literal["drop", "keep"], Meta(description="what to do with the same normalised text again")
    ] = "drop"
    conflicts: Annotated[
        Literal["majority", "drop", "keep"],
        Meta(description="one normalised text with several labels; a tied majority is dropped"),
    ] = "majority"
    synthetic: Annotated[bool, Meta(description="the data is made up: the report says so")] = False
    best_auc: Annotated[
        float, Meta(ge=0.0, le=1.0, description="of made-up data, the AUC that no model can beat; 0: not known")
    ] = 0.0


class SplitSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How examples are divided into train, validation and test."""

    by: Annotated[
        Literal["auto", "time", "group", "stratified"],
        Meta(description="auto: by time when there is a time, else by group when one is named, else stratified"),
    ] = "auto"
    group: Annotated[str, Meta(description="a column whose rows stay together, such as the author")] = ""
    validation: Annotated[Share, Meta(description="share on which choices are made")] = 0.1
    test: Annotated[Share, Meta(description="share that is only ever measured on")] = 0.2
    seed: Annotated[int, Meta(ge=0, description="another seed gives another stratified or grouped split")] = 0


class CleaningSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cleaning steps, in the order in which they run."""

    html: Annotated[bool, Meta(description="decode HTML entities: &amp; becomes &")] = True
    unicode: Annotated[bool, Meta(description="Unicode NFKC: one form for letters that look the same")] = True
    invisible: Annotated[bool, Meta(description="drop zero-width and other invisible characters")] = True
    homoglyphs: Annotated[
        bool, Meta(description="in words that mix scripts, Cyrillic and Greek look-alikes become Latin")
    ] = True
    urls: Annotated[bool, Meta(description="web addresses become one word")] = True
    users: Annotated[bool, Meta(description="@names become one word")] = True
    numbers: Annotated[bool, Meta(description="every digit becomes 0")] = False
    repeats: Annotated[bool, Meta(description="a character four or more times in a row is cut to three")] = True
    lowercase: Annotated[bool, Meta(description="to lower case, before spaCy sees the text")] = True


class TextSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How text becomes tokens."""

    language: Annotated[str, Meta(description="spaCy's code of the language: en, de, fr, ... or xx")] = "en"
    pipeline: Annotated[
        str, Meta(description="an installed spaCy pipeline, such as en_core_web_sm; empty: the blank one")
    ] = ""
    lemmas: Annotated[bool, Meta(description="use dictionary forms where the language has them")] = True
    fold_pronouns: Annotated[bool, Meta(description="all pronouns become one term")] = False
    cleaning: CleaningSettings = CleaningSettings()


class FeatureSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How tokens become terms, and terms weights."""

    word_ngrams: Annotated[NgramRange, Meta(description="shortest and longest run of words; [] for none")] = (1, 2)
    char_ngrams: Annotated[
        NgramRange, Meta(description="shortest and longest run of characters inside a word; [] for none")
    ] = (2, 5)
    min_examples: Annotated[Count, Meta(description="a term must occur in so many training examples")] = 2
    max_word_terms: Annotated[Count, Meta(description="keep at most so many word terms, the most frequent")] = 100_000
    max_char_terms: Annotated[Count, Meta(description="the same for character terms")] = 100_000


class TrainSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the model is fitted."""

    estimator: Annotated[
        str, Meta(description="your own scikit-learn estimator of texts, module:function; empty: ours")
    ] = ""
    trusted: Annotated[
        tuple[str, ...], Meta(description="types beyond scikit-learn's own that may be loaded with that estimator")
    ] = ()
    c: Annotated[
        Positive | Literal["auto"],
        Meta(description="inverse regularisation strength; auto: chosen on the validation split"),
    ] = "auto"
    balance: Annotated[
        Literal["auto", "balanced", "none"],
        Meta(description="weigh classes by their rarity; auto: chosen on the validation split"),
    ] = "auto"
    refit: Annotated[
        bool, Meta(description="after the choices are made, fit once more on train and validation together")
    ] = True


class CostSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a wrong decision costs, in any unit; the thresholds follow from these (two classes only)."""

    false_negative: Annotated[Positive, Meta(description="one that should be removed is allowed")] = 1.0
    false_positive: Annotated[Positive, Meta(description="one that should be allowed is removed")] = 1.0
    review: Annotated[Positive, Meta(description="a person looks at one")] = 0.2


class EvaluateSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the report measures."""

    resamples: Annotated[int, Meta(ge=100, le=100_000, description="bootstrap resamples per interval")] = 1000
    confidence: Annotated[float, Meta(gt=0.5, lt=1.0, description="of the intervals")] = 0.95
    slices: Annotated[
        tuple[str, ...], Meta(description="your own columns to slice by, beside client, length and time")
    ] = ()
    min_slice: Annotated[Count, Meta(description="a smaller slice carries a warning")] = 100
    seed: Annotated[int, Meta(ge=0, description="of the resamples")] = 0


class GateSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a challenger may become champion."""

    epsilon: Annotated[
        float, Meta(ge=0.0, description="the lower end of the AUC difference's interval must be above minus this")
    ] = 0.01
    delta: Annotated[
        float, Meta(ge=0.0, description="no slice's AUC may fall by more than this, beyond its interval")
    ] = 0.02
    slices: Annotated[tuple[str, ...], Meta(description="client, or columns named in evaluate.slices")] = ("client",)


class StreamSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How comments are decided as they are written."""

    input: Annotated[
        str,
        Meta(description="a file, a folder, -, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM, spool://"),
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


class ServeSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
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


class OwnerSettings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who answers for each stage; shown in the flowchart."""

    data: Annotated[str, Meta(description="a name, a team, an address")] = ""
    prepare: Annotated[str, Meta(description="")] = ""
    train: Annotated[str, Meta(description="")] = ""
    evaluate: Annotated[str, Meta(description="")] = ""
    registry: Annotated[str, Meta(description="")] = ""
    uses: Annotated[str, Meta(description="")] = ""


class Settings(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of `surtitle.toml`."""

    project: ProjectSettings = ProjectSettings()
    data: DataSettings = DataSettings()
    split: SplitSettings = SplitSettings()
    text: TextSettings = TextSettings()
    features: FeatureSettings = FeatureSettings()
    train: TrainSettings = TrainSettings()
    costs: CostSettings = CostSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    gate: GateSettings = GateSettings()
    stream: StreamSettings = StreamSettings()
    serve: ServeSettings = ServeSettings()
    owners: OwnerSettings = OwnerSettings()
