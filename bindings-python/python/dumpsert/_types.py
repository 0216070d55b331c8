"""The types of what is given to the library, for type checkers.

The library itself knows the names of the options; a test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Literal, Protocol, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Buffer as Buffer

    from dumpsert._core import Catalog
else:
    Buffer = bytes | bytearray | memoryview


class Readable(Protocol):
    """A binary file, or what reads like one."""

    def read(self, size: int, /) -> Buffer | None:
        """Return at most `size` bytes, and none at the end."""


class Writable(Protocol):
    """A binary file, or what writes like one."""

    def write(self, data: bytes, /) -> object:
        """Take the bytes."""


Path = str | PathLike[str]
Source = Path | Readable | Iterable[Buffer]
Target = Path | Writable
Progress = Callable[[int, int, str | None], object]
RestoreProgress = Callable[[Literal["check", "read", "merge", "commit"], int, int, str | None], object]
Names = str | Sequence[str]
"""One name, or several."""


class TableOptions(TypedDict, total=False):
    """The options of one table, in `tables`."""

    key: Names
    exclude: Names
    update: str
    update_only: Names
    update_never: Names
    guard: str


class OptionValues(TypedDict, total=False):
    """The options by name, with the values of the command line's configuration file; the README explains each."""

    style: Literal["rows", "batches", "staged"]
    no_key: Literal["error", "insert", "skip", "match"]
    triggers: Literal["off", "fire"]
    constraint_triggers: Literal["fire", "off"]
    rounding: Literal["error", "accept"]
    sequences: Literal["forward", "dump", "keep"]
    client: Literal["psql", "driver"]
    losses: Literal["warn", "error"]
    crlf: Literal["refuse", "strip"]
    database: str
    batch_rows: int
    batch_bytes: int
    lock_timeout: str | int | timedelta
    update: str
    update_only: Names
    update_never: Names
    guard: str
    on_guard: Literal["error", "skip"]
    only_schemas: Names
    unselected: Literal["drop", "error"]
    allow_extension_tables: Names
    allow_relations: Names
    limits: Mapping[str, int | str]
    exclude_tables: Names
    only_tables: Names
    exclude: Names
    exclude_demo: bool
    demo_columns: Names
    demo_flag: str
    cascade: Literal["on_delete", "delete", "off"] | bool
    case: Literal["unicode", "turkish"]
    foreign_keys: Names
    unknown_columns: Literal["error", "drop"]
    unknown_tables: Literal["error", "drop"]
    keys: Mapping[str, Names]
    tables: Mapping[str, TableOptions]
    schema: Path | Sequence[Path]
    catalog: Catalog | Path | Sequence[Catalog | Path]


class ConfigValues(OptionValues, total=False):
    """What a configuration file can say: the options, and what is for the command line alone."""

    output: Path
    report: Path
    quiet: bool
