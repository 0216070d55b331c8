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

    # options: begin of one table (written by core/tests/options_everywhere.rs)
    # Its key; it overrides the schema, and in style staged the target, which needs no index for it.
    key: Names
    # The columns by which its rows are matched with the target's, instead of the key.
    match_on: Names
    # The rows that are matched so, as an SQL condition; others are recognised by their key.
    match_where: str
    # Whether two NULLs in the columns by which rows are matched are one value.
    match_nulls: Literal["distinct", "not_distinct"]
    # What happens where two rows of the dump, or two of the target, match the same.
    on_ambiguous: Literal["error", "first"]
    # What happens to a reference to a row of it that the dump does not have, where its keys are mapped.
    on_unmatched_reference: Literal["error", "keep"]
    # What happens to a new row whose key the target holds for another one.
    on_taken_key: Literal["error", "renumber"]
    # Conditions on rows that are left out. Default: none.
    exclude: Names
    # What happens to rows that the target has already.
    update: str
    # The only columns that are updated.
    update_only: Names
    # Columns that are never updated.
    update_never: Names
    # A column that must be equal in both rows, or the row of the target is not taken over.
    guard: str
    # options: end of one table


class OptionValues(TypedDict, total=False):
    """The options by name, with the values of the command line's configuration file; the README explains each."""

    # options: begin of all tables (written by core/tests/options_everywhere.rs)
    # How rows are written. Default: staged, or batches with `client='driver'`.
    style: Literal["rows", "batches", "staged"]
    # The key of one table, as public.users=id or 'public."OrderItem"=a,b'. It overrides the schema. In style staged
    # it goes before the keys of the target, which needs no index for it: two rows of the dump or of the target under
    # one key are an error, and a row with a NULL in it has none.
    keys: Mapping[str, Names]
    # The columns by which rows of one table are matched with the target's, instead of its key, as
    # 'public.categories="businessId",name' (style staged). A row that the target has under another key keeps that
    # key, and every reference to it is rewritten. Default: none.
    match_on: Mapping[str, Names]
    # The rows that are matched so, as an SQL condition; others are recognised by their key. For rows that are deleted
    # softly and may have twins: 'public.users=deleted_at IS NULL'. Default: all rows.
    match_where: Names
    # Whether two NULLs in the columns by which rows are matched are one value. Without a table it holds for all whose
    # rows are matched. Default: 'distinct'.
    match_nulls: Literal["distinct", "not_distinct"]
    # What happens where two rows of the dump, or two of the target, match the same. Without a table it holds for all
    # whose rows are matched. Default: 'error'.
    on_ambiguous: Literal["error", "first"]
    # What happens to a reference to a table whose rows are matched, if no row of the dump answers it. Without a table
    # it holds for all whose rows are matched; it can also be said of a table whose key contains a reference that is
    # rewritten. Default: 'error'.
    on_unmatched_reference: Literal["error", "keep"]
    # What happens to a new row whose key the target holds for another one. Without a table it holds for all whose
    # rows are matched. Default: 'error'.
    on_taken_key: Literal["error", "renumber"]
    # A table of the target that keeps which key of the dump is which there, such as app.id_map. It is read before
    # rows are matched, so that those that were renamed since are found again. Default: none.
    mapping_table: str
    # How much of the mapping of keys the result has. Default: 'first'.
    mapping_rows: Literal["first", "all"]
    # What happens to rows of a table without a key. Default: match in style staged, else error.
    no_key: Literal["error", "insert", "skip", "match"]
    # What happens to rows that the target has already: always, changed, nothing or newer(column). Default: always.
    update: str
    # The only columns that are updated; of all tables, or with TABLE= of one. New rows are inserted with all their
    # columns. Default: all columns.
    update_only: Names
    # Columns that are never updated; of all tables, or with TABLE= of one. Default: none.
    update_never: Names
    # A column, such as a tenant's, that must be equal in both rows, or the row of the target is not taken over. It
    # holds for all tables that have the column, or for one, which must have it. Where the target has it and the dump
    # does not bring it, that is an error. With `update='nothing'` no row is taken over anyway. Default: none.
    guard: str
    # What happens to rows that the guard refuses. Of rows without the guard's column, skip takes only those that are
    # new. Default: 'error'.
    on_guard: Literal["error", "skip"]
    # Tables whose rows are left out, by a pattern as for pg_dump --exclude-table. A pattern without a schema means
    # public. Partitions follow their table. Default: tables of migration tools.
    exclude_tables: Names
    # The only tables whose rows are taken, by such a pattern. Their partitions are taken as the catalog that is given
    # tells them, not as the dump does. What is excluded stays out. Default: all.
    only_tables: Names
    # A schema whose tables and sequences are taken. Default: all but PostgreSQL's own.
    only_schemas: Names
    # What happens to rows of tables that are not selected. Default: 'drop'.
    unselected: Literal["drop", "error"]
    # Rows that are left out: a table (a pattern as for pg_dump -t), a colon, and an SQL condition, as in
    # "public.businesses: id LIKE 'demo-%'". What references them goes too, or changes: see `cascade='on_delete'`.
    # Default: none.
    exclude: Names
    # Leave out demo businesses: ids that are demo, begin with demo-, end with -demo or contain -demo-business.
    # Default: False.
    exclude_demo: bool
    # Where ids of businesses stand: COLUMN in every table, TABLE.COLUMN in one. Default: businesses.id, "businessId",
    # business_id.
    demo_columns: Names
    # A boolean column that marks a business as demo; quote names with capitals: '"isDemo"'. Default: none.
    demo_flag: str
    # What happens to rows that reference what is left out. All but off needs the foreign keys of the source: those of
    # a full dump, or of a schema that is given. Default: 'on_delete'.
    cascade: Literal["on_delete", "delete", "off"] | bool
    # A foreign key that the source does not declare, as in 'public.orders("businessId") REFERENCES public.businesses
    # ON DELETE SET NULL'. With WHERE and a condition at its end it holds only for the rows for which that is true:
    # "public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'". Default: none.
    foreign_keys: Names
    # How upper and lower case go together beyond ASCII in the source's locale, for conditions with lower, upper,
    # ILIKE and ~*. Default: a value that needs to know is an error.
    case: Literal["unicode", "turkish"]
    # What happens to columns of the dump that the target has not. Default: 'error'.
    unknown_columns: Literal["error", "drop"]
    # What happens to tables of the dump that the target has not. Default: 'error'.
    unknown_tables: Literal["error", "drop"]
    # What happens to the user triggers of the target. Style staged switches them off when the dump has arrived, for
    # the tables that differ; the other styles from the first row of a table on, and block its other writers until the
    # end. Default: 'off'.
    triggers: Literal["off", "fire"]
    # What happens to constraint triggers of the target. Default: 'fire'.
    constraint_triggers: Literal["fire", "off"]
    # What happens to values that a column of the target cannot hold in full (style staged). Such values are 1.2345 in
    # a numeric(10,2), or fractions of a second in a timestamp(0). The other styles leave them to PostgreSQL, which
    # rounds without a message, and refuse `rounding='error'`. Default: error in style staged.
    rounding: Literal["error", "accept"]
    # What happens to sequences. None ever moves back. Default: 'forward'.
    sequences: Literal["forward", "dump", "keep"]
    # How long the script waits for a lock: 500ms, 30s, 2min. A number without a unit is milliseconds. Default: for
    # ever.
    lock_timeout: str | int | timedelta
    # A table of an extension that may be written to. Default: none.
    allow_extension_tables: Names
    # A view or foreign table that may be written to. Default: none.
    allow_relations: Names
    # Another value for a limit, such as row_bytes=1GB. The limits bound how large a row, a statement or the dump may
    # be.
    limits: Mapping[str, int | str]
    # The database to take of a dump that has several (pg_dumpall). Default: the only one that has rows.
    database: str
    # Who runs the script. Default: 'psql'.
    client: Literal["psql", "driver"]
    # What happens where the dump holds something that no upsert can carry: large objects, statistics, materialized
    # views. Default: 'warn'.
    losses: Literal["warn", "error"]
    # What happens to CRLF inside of literals in a dump whose lines end in CRLF, as > of Windows' cmd.exe makes them.
    # At line ends and in COPY data it is always read. Default: 'refuse'.
    crlf: Literal["refuse", "strip"]
    # Most rows in one statement of style batches. Default: 1000.
    batch_rows: int
    # Most bytes of rows in one statement of style batches. A longer row stands alone. Default: 1048576.
    batch_bytes: int
    # Options of single tables.
    tables: Mapping[str, TableOptions]
    # options: end of all tables
    schema: Path | Sequence[Path]
    catalog: Catalog | Path | Sequence[Catalog | Path]


class ConfigValues(OptionValues, total=False):
    """What a configuration file can say: the options, and what is for the command line alone."""

    output: Path
    report: Path
    quiet: bool
