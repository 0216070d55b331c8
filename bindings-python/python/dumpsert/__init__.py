"""Merges a PostgreSQL dump into a database that is already alive.

`dumpsert` reads the plain SQL of `pg_dump`, as a stream of bytes, and writes one script for `psql` that turns every row
into an upsert, is one transaction, and can be run again and again with the same result.

>>> report = dumpsert.convert("dump.sql", "merge.sql", style="staged")
"""

from dumpsert import _core
from dumpsert._aio import AsyncIterator, aconvert, ainspect, arestore, arewrite, astatements, async_sync
from dumpsert._api import Prescan, Rewriter, Script, Statements, convert, convert_str, inspect, rewrite, statements
from dumpsert._core import CATALOG_QUERY, Catalog
from dumpsert._errors import (
    ConfigError,
    DumpIOError,
    DumpsertError,
    DumpSyntaxError,
    InternalError,
    LimitError,
    TruncatedError,
    UnsupportedError,
)
from dumpsert._options import Options
from dumpsert._report import Finding, Inspection, MappedRow, Mapping, Outcome, Report, TableOutcome, TableReport
from dumpsert._restore import restore, sync
from dumpsert._types import ConfigValues, OptionValues, TableOptions

__all__ = [
    "CATALOG_QUERY",
    "AsyncIterator",
    "Catalog",
    "ConfigError",
    "ConfigValues",
    "DumpIOError",
    "DumpSyntaxError",
    "DumpsertError",
    "Finding",
    "Inspection",
    "InternalError",
    "LimitError",
    "MappedRow",
    "Mapping",
    "OptionValues",
    "Options",
    "Outcome",
    "Prescan",
    "Report",
    "Rewriter",
    "Script",
    "Statements",
    "TableOptions",
    "TableOutcome",
    "TableReport",
    "TruncatedError",
    "UnsupportedError",
    "__version__",
    "aconvert",
    "ainspect",
    "arestore",
    "arewrite",
    "astatements",
    "async_sync",
    "convert",
    "convert_str",
    "inspect",
    "restore",
    "rewrite",
    "statements",
    "sync",
]

__version__: str = _core.VERSION
