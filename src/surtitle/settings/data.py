"""[data] and [split]: where labelled text is, and how it is divided."""

from typing import Annotated, Literal

from msgspec import Meta

from surtitle.settings.kinds import Count, Section, Share

__all__ = ["DataSettings", "SplitSettings"]


class DataSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
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
    since: Annotated[
        str, Meta(description="examples of before this time, or without one, are left out; empty: none are")
    ] = ""
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


class SplitSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How examples are divided into train, validation and test."""

    by: Annotated[
        Literal["auto", "time", "group", "stratified"],
        Meta(description="auto: by time when there is a time, else by group when one is named, else stratified"),
    ] = "auto"
    group: Annotated[str, Meta(description="a column whose rows stay together, such as the author")] = ""
    validation: Annotated[Share, Meta(description="share on which choices are made")] = 0.1
    test: Annotated[Share, Meta(description="share that is only ever measured on")] = 0.2
    seed: Annotated[int, Meta(ge=0, description="another seed gives another stratified or grouped split")] = 0
