"""Options by name, checked once."""

from __future__ import annotations

import json
import os
import textwrap
import tomllib
from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from dumpsert import _core
from dumpsert._errors import ConfigError
from dumpsert._types import ConfigValues

if TYPE_CHECKING:
    from dumpsert._types import OptionValues

# What a configuration file can say for the command line alone.
_COMMAND_LINE = ("output", "report", "quiet")


class Options:
    """Options that were checked: they cannot be changed, and are good for any number of runs and threads.

    >>> options = Options(style="batches", keys={"public.orders": "id"})
    >>> options = Options({"style": "staged", "lock_timeout": "30s"})
    >>> options = Options.from_toml("style = 'staged'")

    Names and values are those of the command line's configuration file, so that one file can serve both. `schema` names
    files with schema SQL; `catalog` takes a `Catalog`, or files with JSON, or several of them.
    """

    __slots__ = ("_config", "_given", "_plan", "_values", "is_learned", "output", "quiet", "report")

    def __init__(
        self,
        values: ConfigValues | Mapping[str, Any] | Options | None = None,
        /,
        **options: Unpack[OptionValues],
    ) -> None:
        """Check the options: those of `values`, and over them those given by name."""
        all_values: dict[str, Any]
        self._values: dict[str, Any]
        self._config: str | None = None
        if values is None:
            all_values = {}
        elif isinstance(values, Options):
            values._check_plain("changed")
            all_values = dict(values._values)
            self._config = values._config
        elif isinstance(values, Mapping):
            all_values = dict(values)
        else:
            message = f"options are a mapping of names and values, or named arguments, not {type(values).__name__}"
            raise TypeError(message)
        for name in _COMMAND_LINE:
            if name in options:
                message = f"{name!r} is for the command line"
                raise TypeError(message)
        all_values.update(options)
        self._values = all_values
        plain = dict(all_values)
        self.output: str | None = _path(plain.pop("output", None))
        """Where the configuration wants the script; for your use, no function looks at it."""
        self.report: str | None = _path(plain.pop("report", None))
        """Where the configuration wants the report; for your use, no function looks at it."""
        self.quiet = bool(plain.pop("quiet", False))
        """Whether the configuration wants no messages; for your use, no function looks at it."""
        self.is_learned = False
        """Whether they come from a `Prescan`, and are good for its dump alone."""
        catalogs = _catalogs(plain.pop("schema", ()), plain.pop("catalog", ()))
        self._given = (_json(plain), catalogs)
        self._plan = _core.Plan(*self._given)

    @classmethod
    def from_toml(cls, text: str, *, folder: str | os.PathLike[str] = "") -> Self:
        """Read the TOML of a configuration; paths in it are meant from `folder`."""
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            message = f"the configuration is not TOML: {error}"
            raise ConfigError(message, kind="invalid_option") from error
        for name in ("schema", "catalog", "output", "report"):
            if name in values:
                paths = values[name]
                places = [Path(folder) / path for path in _list(paths)]
                values[name] = places if isinstance(paths, list) else places[0]
        return cls(values)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read a configuration file, as the command line does with `--config`."""
        file = Path(path)
        options = cls.from_toml(file.read_text(encoding="utf-8"), folder=file.parent)
        options._config = os.fspath(file)
        return options

    @property
    def needs_prescan(self) -> bool:
        """Whether a dump should be read by a `Prescan` before a `Rewriter` reads it; see there."""
        return self._plan.needs_prescan

    def _files(self) -> list[tuple[str, str]]:
        """Tell which files were read, so that none of them is written."""
        files = [("the configuration", self._config)] if self._config is not None else []
        for what in ("schema", "catalog"):
            paths = [path for path in _list(self._values.get(what, ())) if not isinstance(path, _core.Catalog)]
            files.extend((f"the {what}", os.fspath(path)) for path in paths)
        return files

    def _learned(self, plan: _core.Plan) -> Self:
        """Return a copy that knows a dump."""
        copy = type(self).__new__(type(self))
        for name in ("_config", "_given", "_values", "output", "quiet", "report"):
            setattr(copy, name, getattr(self, name))
        copy.is_learned = True
        copy._plan = plan
        return copy

    def _check_plain(self, what: str) -> None:
        if self.is_learned:
            message = f"options that know a dump, from a Prescan, cannot be {what}: begin with the first ones"
            raise TypeError(message)

    def __contains__(self, name: object) -> bool:
        """Tell whether the option was given."""
        return name in self._values

    def __repr__(self) -> str:
        """Show the options that were given."""
        return f"Options({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the values that were given; files are read anew."""
        self._check_plain("pickled")
        return type(self), (self._values,)


if Options.__doc__ is not None:  # it is where Python runs with -OO
    _paragraphs = (textwrap.fill(text, 100) for text in _core.option_help().split("\n\n"))
    Options.__doc__ += "\n\n" + "\n\n".join(_paragraphs) + "\n"

Given = Options | ConfigValues | Mapping[str, Any]


def check(options: Given | None, values: OptionValues) -> Options:
    """Check what a function was given."""
    if isinstance(options, Options) and not values:
        return options
    return Options(options, **values)


def plan(options: Given | None, values: OptionValues) -> _core.Plan:
    """Do the same for the extension module."""
    return check(options, values)._plan


def _path(value: Any) -> str | None:
    return None if value is None else os.fspath(value)


def _list(value: Any) -> list[Any]:
    is_one = isinstance(value, str | os.PathLike | _core.Catalog)
    return [value] if is_one else list(value)


def _catalogs(schema: Any, catalog: Any) -> list[_core.Catalog]:
    catalogs = []
    files = [(os.fspath(path), Path(path).read_bytes()) for path in _list(schema)]
    if files:
        catalogs.append(_core.Catalog._from_schema_files(files))
    for path in _list(catalog):
        try:
            is_catalog = isinstance(path, _core.Catalog)
            catalogs.append(path if is_catalog else _core.Catalog._from_file(Path(path).read_bytes()))
        except ConfigError as error:
            error.add_note(f"in {path}")
            raise
    return catalogs


def _json(values: dict[str, Any]) -> str:
    try:
        return json.dumps({name: _plain(name, value) for name, value in values.items()}, allow_nan=False)
    except ValueError as error:
        message = f"a number that is none among the options: {error}"
        raise ConfigError(message, kind="invalid_option") from error


def _plain(place: str, value: Any) -> Any:
    """Make JSON of what Python programs have at hand."""
    match value:
        case str() | bool() | int() | float():
            return value
        case timedelta():
            return f"{round(value.total_seconds() * 1000)}ms"
        case os.PathLike():
            return os.fspath(value)
        case Mapping():
            return {_name(place, name): _plain(f"{place}.{name}", inner) for name, inner in value.items()}
        case Set():
            return sorted(_plain(place, inner) for inner in value)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return [_plain(place, inner) for inner in value]
    message = f"`{place}`: a value of type {type(value).__name__} says nothing"
    if value is None:
        message += "; leave the option out"
    raise TypeError(message)


def _name(place: str, name: object) -> str:
    if isinstance(name, str):
        return name
    message = f"`{place}`: names are strings, not {type(name).__name__}"
    raise TypeError(message)
