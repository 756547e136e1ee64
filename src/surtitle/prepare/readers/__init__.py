"""Rows out of files and databases, a bounded chunk at a time, each with its number."""

from surtitle.prepare.readers.chunk import Chunk
from surtitle.prepare.readers.csv import CsvForm, read_csv
from surtitle.prepare.readers.jsonl import read_jsonl
from surtitle.prepare.readers.parquet import batch_to_chunk, read_parquet

__all__ = ["Chunk", "CsvForm", "batch_to_chunk", "read_csv", "read_jsonl", "read_parquet"]
