"""What a run read, kept, left out and warned about."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class _Record:
    """A JSON object whose values are attributes, also those that are younger than this file."""

    __slots__ = ("_values",)

    _values: dict[str, Any]

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # pickle and copy ask for some before there are values
            raise AttributeError(name)
        try:
            return object.__getattribute__(self, "_values")[name]
        except KeyError:
            message = f"a {type(self).__name__} has no {name!r}"
            raise AttributeError(message, name=name, obj=self) from None

    def __setattr__(self, name: str, value: object) -> None:
        message = f"a {type(self).__name__} cannot be changed"
        raise AttributeError(message)

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(json.dumps(self._values, sort_keys=True))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"{type(self).__name__}({values})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._values,)

    def to_dict(self) -> dict[str, Any]:
        """Everything as it is in the JSON of the report."""
        copy: dict[str, Any] = json.loads(json.dumps(self._values))
        return copy


class TableReport(_Record):
    """One table in a `Report`."""

    __slots__ = ()

    @property
    def table(self) -> str:
        """Its name as `schema.table`."""
        return str(self._values["table"])

    @property
    def rows_read(self) -> int:
        """Rows in the dump."""
        return int(self._values["rows_read"])

    @property
    def rows_kept(self) -> int:
        """Rows in the script."""
        return int(self._values["rows_kept"])

    @property
    def left_out(self) -> dict[str, int]:
        """Rows left out, by reason."""
        return dict(self._values["left_out"])

    @property
    def references_changed(self) -> int:
        """Rows kept in which a foreign key was set to NULL or its default, because the referenced row is left out."""
        return int(self._values.get("references_changed", 0))

    @property
    def columns_dropped(self) -> list[str]:
        """Columns of the dump that the catalog's table has not, and whose values were left out."""
        return list(self._values.get("columns_dropped", ()))

    @property
    def bytes(self) -> int:
        """Bytes of its rows in the dump, without statement heads."""
        return int(self._values["bytes"])

    @property
    def key(self) -> list[str]:
        """The columns of `ON CONFLICT`, where the script names them."""
        return list(self._values.get("key", ()))

    @property
    def key_source(self) -> str | None:
        """Where the key is known from: `option`, `catalog`, `fallback`, or `target` where the script asks it."""
        return self._values.get("key_source")


class _Account(_Record):
    """A record that is the JSON of the library."""

    __slots__ = ("_json",)

    _json: str

    def __init__(self, text: str) -> None:
        """Read the JSON."""
        super().__init__(json.loads(text))
        object.__setattr__(self, "_json", text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle it as its JSON."""
        return type(self), (self._json,)

    def to_json(self) -> str:
        """Everything as JSON, byte for byte the same in every language."""
        return self._json

    @property
    def version(self) -> int:
        """Version of the form of this JSON."""
        return int(self._values["version"])


class Report(_Account):
    """The account of one run, the same as the command line's `--report`."""

    __slots__ = ()

    @property
    def bytes_read(self) -> int:
        """Bytes of the dump that were read."""
        return int(self._values["bytes_read"])

    @property
    def bytes_written(self) -> int:
        """Bytes of the script that were written."""
        return int(self._values["bytes_written"])

    @property
    def tables(self) -> list[TableReport]:
        """The tables in the order in which the dump first names them."""
        return [TableReport(table) for table in self._values["tables"]]

    @property
    def sequences(self) -> list[str]:
        """Sequences whose value the script moves forward, as `schema.name`."""
        return list(self._values["sequences"])

    @property
    def skipped(self) -> dict[str, int]:
        """Statements of the dump that carry no rows and were left out, by kind."""
        return dict(self._values["skipped"])

    @property
    def soft_references(self) -> list[dict[str, Any]]:
        """Columns under no foreign key that hold keys of rows that are left out.

        Each has `table`, `column`, `references`, `referenced_column`, `rows`, and the `foreign_key` that would cover
        it, in the form of the option `foreign_keys`.
        """
        return list(self._values.get("soft_references", ()))

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What the user should know: `message` and, if it is about a place in the dump, `position`."""
        return list(self._values["warnings"])

    @property
    def warnings_dropped(self) -> int:
        """How many warnings did not fit into `warnings`."""
        return int(self._values["warnings_dropped"])

    @property
    def rows_read(self) -> int:
        """Rows in the dump, of all tables."""
        return sum(table.rows_read for table in self.tables)

    @property
    def rows_kept(self) -> int:
        """Rows in the script, of all tables."""
        return sum(table.rows_kept for table in self.tables)


class Inspection(_Account):
    """What is in a dump, the same as the command line's `inspect --json`."""

    __slots__ = ()

    @property
    def shape(self) -> dict[str, Any]:
        """How the dump was made, as far as it shows: `full`, `cluster`, `rows`, `server_version` and others."""
        return dict(self._values["shape"])

    @property
    def databases(self) -> list[dict[str, Any]]:
        """The databases that the dump names: `name`, `rows`, `sequences`."""
        return list(self._values["databases"])

    @property
    def report(self) -> Report:
        """What a conversion would report; rows that it would stop at are left out as `refused`."""
        return Report(json.dumps(self._values["report"], ensure_ascii=False, indent=2))

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns of each table in the dump, by `schema.table`; a table whose columns nothing tells is absent."""
        return dict(self._values["columns"])

    @property
    def problems(self) -> list[dict[str, Any]]:
        """What a conversion would stop at with the same options: `kind`, `message`, and perhaps `table` and `hint`."""
        return list(self._values["problems"])

    @property
    def order_problems(self) -> list[dict[str, Any]] | None:
        """For which tables the order of rows may not do: `kind`, `tables`, `deferrable`.

        It is None if nothing is known of the foreign keys.
        """
        problems: list[dict[str, Any]] | None = self._values["order_problems"]
        return problems


class TableOutcome(_Record):
    """One table in an `Outcome`."""

    __slots__ = ()

    @property
    def table(self) -> str:
        """Its name as `schema.table`."""
        return str(self._values["table"])

    @property
    def read(self) -> int:
        """Rows in the dump."""
        return int(self._values["read"])

    @property
    def left_out(self) -> int:
        """Rows that were left out, and those that a guard has refused."""
        return int(self._values["left_out"])

    @property
    def inserted(self) -> int | None:
        """Rows that were new; None where the target says nothing of the table."""
        inserted: int | None = self._values["inserted"]
        return inserted

    @property
    def updated(self) -> int | None:
        """Rows that were changed."""
        updated: int | None = self._values["updated"]
        return updated

    @property
    def unchanged(self) -> int | None:
        """Rows that were the same already."""
        unchanged: int | None = self._values["unchanged"]
        return unchanged

    @property
    def deleted(self) -> int | None:
        """Rows that the dump does not have and were deleted; None without `prune`."""
        deleted: int | None = self._values.get("deleted")
        return deleted

    @property
    def kept(self) -> dict[str, int]:
        """Rows that the dump does not have and were not deleted, by the reason."""
        return dict(self._values.get("kept", {}))


class Finding(_Record):
    """Something that stands in the way of a run, or that it will do."""

    __slots__ = ()

    @property
    def severity(self) -> str:
        """`error`: the run would fail; `warning`: it may; `info`: what it will do."""
        return str(self._values["severity"])

    @property
    def table(self) -> str | None:
        """The table, as the target names it; None where it is about all."""
        table: str | None = self._values["table"]
        return table

    @property
    def code(self) -> str:
        """The SQLSTATE that a run would end with, or that comes nearest."""
        return str(self._values["code"])

    @property
    def message(self) -> str:
        """What it is."""
        return str(self._values["message"])

    @property
    def hint(self) -> str | None:
        """What can be done."""
        hint: str | None = self._values["hint"]
        return hint

    @property
    def rows(self) -> int | None:
        """How many rows it is about."""
        rows: int | None = self._values["rows"]
        return rows

    @property
    def examples(self) -> list[str]:
        """Up to ten of these rows, with values."""
        return list(self._values.get("examples", ()))


class MappedRow(NamedTuple):
    """A row that has another key in the target than in the dump."""

    dumped: list[str]
    """The values of its key in the dump, as texts."""
    target: list[str]
    """Those in the target."""


class Mapping(_Record):
    """The keys of one table that are others in the target than in the dump."""

    __slots__ = ()

    @property
    def table(self) -> str:
        """The table, as the target names it."""
        return str(self._values["table"])

    @property
    def key(self) -> list[str]:
        """The columns of its key."""
        return list(self._values["key"])

    @property
    def recognised(self) -> int:
        """Rows that the target has under another key."""
        return int(self._values["recognised"])

    @property
    def renumbered(self) -> int:
        """New rows that got another key, since the target holds theirs for another row."""
        return int(self._values["renumbered"])

    @property
    def rewritten(self) -> int:
        """Rows whose key contains a reference that was rewritten."""
        return int(self._values["rewritten"])

    @property
    def rows(self) -> list[MappedRow]:
        """The first ten of these rows, or all with `mapping_rows="all"`."""
        return [MappedRow(list(row["from"]), list(row["to"])) for row in self._values["rows"]]


class Outcome(_Account):
    """The account of `restore` or `sync`, the same as the command line's `--report`.

    It holds no value of a row, but for what was asked for: `differences`, the examples of `findings`, and the keys in
    `mapping`.
    """

    __slots__ = ()

    @property
    def ending(self) -> str:
        """What has become of the transaction: `committed`, `rolled_back`, `not_begun`, or `unknown`.

        In `before_commit` it is `rolled_back`, as it is until the target has committed.
        """
        return str(self._values["ending"])

    @property
    def dry_run(self) -> bool:
        """Whether it was to be rolled back from the start."""
        return bool(self._values["dry_run"])

    @property
    def transaction_id(self) -> str | None:
        """The target's number of the transaction, which `pg_xact_status()` takes."""
        return self._values.get("transaction_id")

    @property
    def input_bytes(self) -> int:
        """Bytes of the input."""
        return int(self._values["input_bytes"])

    @property
    def input_sha256(self) -> str | None:
        """SHA-256 of the input, once all of it was read."""
        return self._values.get("input_sha256")

    @property
    def tables(self) -> list[TableOutcome]:
        """The tables, by name."""
        return [TableOutcome(table) for table in self._values["tables"]]

    @property
    def findings(self) -> list[Finding]:
        """What a check has found."""
        return [Finding(finding) for finding in self._values.get("findings", ())]

    @property
    def mapping(self) -> list[Mapping]:
        """Which keys of the dump are which of the target, where `match_on` was given."""
        return [Mapping(table) for table in self._values.get("mapping", ())]

    @property
    def differences(self) -> list[dict[str, Any]]:
        """The tables with changed rows, where `diff` was given.

        Each has `table`, `rows` (how many differ), and `shown`: for each row its `key`, a dict, and its `columns`,
        dicts with `column`, `here` and `dumped` (texts of at most 200 characters, or None), or `hidden`.
        """
        return list(self._values.get("differences", ()))

    @property
    def deletions(self) -> list[dict[str, Any]]:
        """Rows that are deleted, with `prune` and `diff`: `table`, `rows`, and in `shown` the keys of some of them."""
        return list(self._values.get("deletions", ()))

    @property
    def not_dumped(self) -> list[str]:
        """Tables of the source that were not dumped, because none of their rows would be taken."""
        return list(self._values["not_dumped"])

    @property
    def notes(self) -> list[str]:
        """What the target remarks."""
        return list(self._values["notes"])

    @property
    def dump(self) -> Report:
        """What was read of the dump, and left out of it."""
        return Report(json.dumps(self._values["dump"], ensure_ascii=False, indent=2))
