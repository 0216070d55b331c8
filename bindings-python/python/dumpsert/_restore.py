"""A dump or a database into a database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dumpsert import _core
from dumpsert._driver import Driver
from dumpsert._errors import ConfigError
from dumpsert._options import Options
from dumpsert._report import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from psycopg import Connection

    from dumpsert._options import Given
    from dumpsert._types import Names, OptionValues, Path, RestoreProgress, Source


class Pruning(NamedTuple):
    """Which rows are deleted because the dump does not have them."""

    prune: bool
    empty: Names
    keyless: Names
    cascade: bool
    max: int | str | None


class View(NamedTuple):
    """What of a run is done, and what is told of its rows."""

    dry_run: bool
    check: bool
    verify: str
    diff: int | None
    hide: Names
    pruning: Pruning
    mapping: Path | None


def restore(
    dump: Source,
    *,
    to: str | None = None,
    connection: Connection[Any] | None = None,
    options: Given | None = None,
    progress: RestoreProgress | None = None,
    before_commit: Callable[[Outcome], object] | None = None,
    dry_run: bool = False,
    check: bool = False,
    verify: Literal["normal", "strict"] = "normal",
    diff: int | None = None,
    hide: Names = (),
    prune: bool = False,
    prune_empty: Names = (),
    prune_keyless: Names = (),
    prune_cascade: bool = False,
    prune_max: int | str | None = None,
    mapping: Path | None = None,
    bin_dir: Path | None = None,
    **values: Unpack[OptionValues],
) -> Outcome:
    """Merge a dump into a database: all of it arrives or nothing does.

    `dump` is a path, a binary file, or an iterable of bytes: plain SQL of `pg_dump`, also compressed with gzip or zstd,
    or an archive, which `pg_restore` reads; a path may also be the folder of one. `to` is a URL, a list of
    `keyword=value`, or the name of a database, as for `psql`; what it does not say comes from the environment. The
    programs are those in `bin_dir`, else in the folder that PG_BIN names, else in PATH. Options are those of `convert`;
    the style is `staged`. Nobody is asked whether a database on another machine is meant.

    Instead of `to`, `connection` is a connection of psycopg 3, and no `psql` is needed. It must not be in a
    transaction: the restore has one of its own, and leaves the connection as it was. An archive still needs
    `pg_restore`.

    `progress` is called with the phase (`check`, `read`, `merge`, `commit`), and while it reads with the bytes and rows
    that were read and the table that is being read, at most ten times a second. `before_commit` is called with the
    `Outcome` when all was written and verified; not in a dry run, which does everything and rolls it back. What they
    raise ends the run, and nothing was changed. While it merges, `progress` also gets the table that is being written.

    Every row must in the end be as the dump says. What triggers have changed is only noted, where `triggers="fire"`
    lets them fire; with `verify="strict"` it is an error. With `check=True` nothing is written: everything that stands
    in the way of a run is in `outcome.findings`. With `diff=10` up to ten changed rows of each table are in
    `outcome.differences`, with the values of both sides; of the
    columns in `hide` (`"column"`, `"table.column"`, `"schema.table.column"`) it says only that they differ.

    With `prune=True` the rows of the dumped tables that the dump does not have are deleted, in the same transaction.
    What exclusions cover stays, in the target too. A table of which no row came is left as it is unless `prune_empty`
    names it, and one without a key unless `prune_keyless` does. More than `prune_max` rows of a table, a number or
    `"10%"` (default: 100 or 5 %, whichever is more), are an error, and so are rows of tables that the dump does not
    bring, which `ON DELETE` would delete or change, unless `prune_cascade=True`. Nobody is asked: `before_commit` sees
    the counts, `table.deleted`.

    Where rows are matched by other columns (`match_on`), `outcome.mapping` has which keys of the dump are which of the
    target, and `mapping="ids.csv"` writes all of them to a file when the target has committed: CSV with the columns
    `table`, `key`, `from` and `to`; a key of several columns is a JSON array of texts.

    >>> outcome = dumpsert.restore("shop.dump", to=os.environ["DATABASE_URL"], exclude_tables="sessions")
    >>> print(outcome.ending, [(table.table, table.inserted, table.updated) for table in outcome.tables])
    >>> with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    ...     dumpsert.restore("shop.sql", connection=connection)

    Ctrl-C ends the programs that run for it, and waits for them, before it is raised. After an error nothing was
    changed, but where `error.outcome.ending` is `unknown`: then it is safe to run it again. No error and no outcome
    holds a password, or values of rows beyond those that name the row.
    """
    pruning = Pruning(prune, prune_empty, prune_keyless, prune_cascade, prune_max)
    view = View(dry_run, check, verify, diff, hide, pruning, mapping)
    settings, given = prepare(to, connection, None, bin_dir, view, options, values)
    if connection is None:
        return Outcome(_core.restore(dump, settings, *given, progress, asker(before_commit)))
    with Driver(connection) as driver:
        return Outcome(_core.restore(dump, settings, *given, progress, asker(before_commit), driver=driver))


def sync(
    *,
    source: str,
    to: str,
    options: Given | None = None,
    progress: RestoreProgress | None = None,
    before_commit: Callable[[Outcome], object] | None = None,
    dry_run: bool = False,
    check: bool = False,
    verify: Literal["normal", "strict"] = "normal",
    diff: int | None = None,
    hide: Names = (),
    prune: bool = False,
    prune_empty: Names = (),
    prune_keyless: Names = (),
    prune_cascade: bool = False,
    prune_max: int | str | None = None,
    mapping: Path | None = None,
    bin_dir: Path | None = None,
    **values: Unpack[OptionValues],
) -> Outcome:
    """Merge a database into another one, as `restore` does with a dump; `pg_dump` reads the `source`.

    Tables of which no row would be taken are not dumped.

    >>> dumpsert.sync(source="service=production", to="postgresql:///shop", exclude_demo=True)
    """
    pruning = Pruning(prune, prune_empty, prune_keyless, prune_cascade, prune_max)
    view = View(dry_run, check, verify, diff, hide, pruning, mapping)
    settings, given = prepare(to, None, source, bin_dir, view, options, values)
    return Outcome(_core.restore(None, settings, *given, progress, asker(before_commit)))


def prepare(
    to: str | None,
    connection: object,
    source: str | None,
    bin_dir: Path | None,
    view: View,
    options: Given | None,
    values: OptionValues,
) -> tuple[dict[str, Any], tuple[str, list[_core.Catalog]]]:
    """Check what can be checked here."""
    if to is not None and connection is not None:
        message = "`to` and `connection` are two targets: give one of them"
        raise TypeError(message)
    for name, url in (("to", to), ("source", source)):
        if not isinstance(url, str) and (url is not None or (name == "to" and connection is None)):
            message = f"`{name}` is the URL of a database, as a str, not {type(url).__name__}"
            raise TypeError(message)
    if view.verify not in ("normal", "strict"):
        message = f"`verify` is 'normal' or 'strict', not {view.verify!r}"
        raise ConfigError(message, kind="invalid_option")
    settings = {
        "to": to,
        "source": source,
        "bin_dir": None if bin_dir is None else os.fspath(bin_dir),
        "dry_run": bool(view.dry_run),
        "check": bool(view.check),
        "strict": view.verify == "strict",
        "diff": view.diff,
        "hide": names(view.hide),
        **pruned(view.pruning),
        "mapping": None if view.mapping is None else os.fspath(view.mapping),
    }
    named = {**(options._values if isinstance(options, Options) else options or {}), **values}
    client: Literal["psql", "driver"] = "psql" if connection is None else "driver"
    for name, only in (("style", "staged"), ("client", client)):
        if named.get(name, only) != only:
            message = f"`{name}` can only be {only!r} here"
            raise ConfigError(message, kind="invalid_option")
    fixed: OptionValues = {**values, "style": "staged", "client": client}
    return settings, Options(options, **fixed)._given


def names(given: Names) -> list[str]:
    """One name, or several."""
    return [given] if isinstance(given, str) else list(given)


def pruned(given: Pruning) -> dict[str, Any]:
    """Check it: without `prune` the rest says nothing."""
    settings = {
        "prune": bool(given.prune),
        "prune_empty": names(given.empty),
        "prune_keyless": names(given.keyless),
        "prune_cascade": bool(given.cascade),
        "prune_max": None if given.max is None else str(given.max),
    }
    said = [name for name, value in settings.items() if value and name != "prune"]
    if said and not given.prune:
        message = f"`{said[0]}` says nothing without `prune=True`"
        raise ConfigError(message, kind="invalid_option")
    return settings


def asker(before_commit: Callable[[Outcome], object] | None) -> Callable[[str], object] | None:
    """Give it an `Outcome`."""
    return None if before_commit is None else lambda text: before_commit(Outcome(text))
