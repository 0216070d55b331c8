"""Options by name."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import dumpsert
import pytest
from dumpsert import Catalog, ConfigError, Options, _core

DUMP = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n"
SCHEMA = "CREATE TABLE public.t (id integer NOT NULL, v text, PRIMARY KEY (v));\n"


def test_names_are_those_of_the_library() -> None:
    """Who adds an option to the library adds it to `OptionValues` or `TableOptions` too, for type checkers."""
    files = set(_core.file_option_names())
    assert set(dumpsert.OptionValues.__annotations__) == {*_core.option_names(), "schema", "catalog"}
    assert set(dumpsert.ConfigValues.__annotations__) == {*_core.option_names(), *files}
    assert set(dumpsert.TableOptions.__annotations__) == set(_core.table_option_names())


def test_help_tells_every_option() -> None:
    """`help(dumpsert.Options)` is what a user reads first."""
    assert Options.__doc__ is not None
    for name in _core.option_names():
        assert f"\n{name}: " in Options.__doc__, name


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"stile": "rows"}, ["`stile` is no option", "did you mean style?"]),
        ({"shema": "a.sql"}, ["`shema` is no option", "did you mean schema?"]),
        ({"style": "row"}, ["`style`: `row` is none of", "did you mean rows?"]),
        ({"style": 1}, ["`style`: a string is wanted"]),
        ({"batch_rows": 0}, ["`batch_rows`: a positive whole number is wanted"]),
        ({"batch_rows": 1.5}, ["`batch_rows`"]),
        ({"batch_rows": float("nan")}, ["a number that is none"]),
        ({"style": "rows", "no_key": "match"}, ["`no_key='match'` works only with `style='staged'`"]),
        ({"keys": {"public.t": ""}}, ['`keys."public.t"`']),
        ({"style": "rows", "match_on": {"public.t": "v"}}, ["`match_on` works only with style staged"]),
        ({"on_taken_key": "renumber"}, ["needs `match_on`: a second run", "`match_on={'TABLE': 'COLUMNS'}`"]),
        ({"tables": {"public.t": {"match_nulls": "never"}}}, ["`never` is none of distinct, not_distinct"]),
        ({"tables": {"public.t": {"updat": "changed"}}}, ["did you mean update?"]),
        ({"lock_timeout": timedelta(0)}, ["`lock_timeout`"]),
    ],
)
def test_wrong_values(options: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        dumpsert.convert_str(DUMP, **options)
    assert isinstance(caught.value, ValueError)
    assert caught.value.kind == "invalid_option"
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"style": None}, "`style`: a value of type NoneType says nothing; leave the option out"),
        ({"style": b"rows"}, "`style`: a value of type bytes"),
        ({"keys": {1: "id"}}, "`keys`: names are strings, not int"),
        ({"output": "x"}, "'output' is for the command line"),
        ({"schema": 7}, "int"),
    ],
)
def test_wrong_types(options: dict[str, Any], part: str) -> None:
    with pytest.raises(TypeError, match=part):
        dumpsert.convert_str(DUMP, **options)


def test_not_a_mapping() -> None:
    with pytest.raises(TypeError, match="not list"):
        Options(["style"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not str"):
        dumpsert.convert_str(DUMP, options="style")  # type: ignore[arg-type]


def test_values_of_python() -> None:
    seconds = dumpsert.convert_str(DUMP, lock_timeout=timedelta(seconds=30))
    assert seconds == dumpsert.convert_str(DUMP, lock_timeout="30s") == dumpsert.convert_str(DUMP, lock_timeout=30000)
    assert "30000" in seconds
    key = dumpsert.convert_str(DUMP, style="rows", keys={"public.t": ("v",)})
    assert 'ON CONFLICT("v")' in key
    assert key == dumpsert.convert_str(DUMP, style="rows", keys={"public.t": {"v"}})  # type: ignore[dict-item]


def test_natural_keys_arrive_in_the_script() -> None:
    script = dumpsert.convert_str(
        DUMP,
        style="staged",
        match_on={"public.t": ["v"]},
        on_ambiguous="first",
        tables={"t": {"match_where": "v <> 'x'", "match_nulls": "not_distinct", "on_taken_key": "renumber"}},
        foreign_keys="public.u(t_id) REFERENCES public.t(id)",
        mapping_table="app.id_map",
        mapping_rows="all",
    )
    for part in (
        '"columns":["v"]',
        '"nulls":"not_distinct"',
        '"ambiguous":"first"',
        '"taken":"renumber"',
        '"to_columns":["id"]',
        '"mapping":{"all":true,"table":{"name":"id_map","schema":"app"}}',
    ):
        assert part in script, part


def test_a_mapping_needs_natural_keys(tmp_path: Path) -> None:
    """It is said before anything is connected to."""
    with pytest.raises(ConfigError, match=r"`mapping='FILE'` needs `match_on`"):
        dumpsert.restore([DUMP.encode()], to="postgresql://nowhere.invalid/x", mapping=tmp_path / "ids.csv")
    dump = tmp_path / "dump.sql"
    dump.write_text(DUMP)
    with pytest.raises(ConfigError, match="is the dump itself"):
        dumpsert.restore(dump, to="postgresql://nowhere.invalid/x", mapping=dump, match_on={"t": "v"})
    assert dump.read_text() == DUMP


def test_the_mapping_of_an_outcome() -> None:
    values = {"mapping": [{"table": "public.t", "key": ["id"], "recognised": 2, "renumbered": 1, "rewritten": 0}]}
    values["mapping"][0]["rows"] = [{"from": ["a"], "to": ["b"]}]
    [mapping] = dumpsert.Outcome(json.dumps(values)).mapping
    assert (mapping.table, mapping.key, mapping.recognised, mapping.renumbered, mapping.rewritten) == (
        "public.t",
        ["id"],
        2,
        1,
        0,
    )
    assert mapping.rows == [dumpsert.MappedRow(["a"], ["b"])]
    assert dumpsert.Outcome("{}").mapping == []


def test_what_is_given_by_name_goes_before() -> None:
    options = Options({"style": "staged", "lock_timeout": "30s"})
    by_name = dumpsert.convert_str(DUMP, options=options, style="rows")
    assert by_name == dumpsert.convert_str(DUMP, style="rows", lock_timeout="30s")
    assert "lock_timeout" in options
    assert "Options(style='staged'" in repr(options)
    copy = pickle.loads(pickle.dumps(options))
    assert dumpsert.convert_str(DUMP, options=copy) == dumpsert.convert_str(DUMP, options=options)


def test_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    file = tmp_path / "dumpsert.toml"
    file.write_text("style = 'batches'\nschema = 'schema.sql'\noutput = 'o.sql'\nreport = 'r.json'\nquiet = true\n")
    options = Options.from_file(file)
    assert 'ON CONFLICT("v")' in dumpsert.convert_str(DUMP, options=options)
    assert (options.output, options.report) == (str(tmp_path / "o.sql"), str(tmp_path / "r.json"))
    assert options.quiet
    with pytest.raises(ConfigError, match=r"not TOML.*line 2"):
        Options.from_toml("style = 'rows'\nstyle = \n")


def test_files_that_are_wrong_are_named(tmp_path: Path) -> None:
    for name, option in [("schema.sql", "schema"), ("catalog.json", "catalog")]:
        file = tmp_path / name
        file.write_text("CREATE TABLE (")
        with pytest.raises(dumpsert.DumpsertError) as caught:
            Options({option: file})
        assert str(file) in "".join(caught.value.__notes__)
        with pytest.raises(FileNotFoundError, match="missing"):
            Options({option: tmp_path / "missing"})


def test_catalogs(tmp_path: Path) -> None:
    catalog = Catalog.from_schema_sql(SCHEMA)
    assert catalog == Catalog.from_json(catalog.to_json()) == Catalog.from_schema_sql(SCHEMA.encode(), "")
    assert catalog != Catalog.from_schema_sql("")
    assert repr(catalog) == "<dumpsert.Catalog of 1 tables>"
    file = tmp_path / "catalog.json"
    file.write_text(catalog.to_json())
    other = Catalog.from_schema_sql("CREATE TABLE public.u (id integer PRIMARY KEY);")
    for given in (catalog, [catalog, other], file, [file, other]):
        assert 'ON CONFLICT("v")' in dumpsert.convert_str(DUMP, style="rows", catalog=given)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="not the JSON of a catalog"):
        Catalog.from_json("{}")
    with pytest.raises(TypeError, match="bytes are wanted, not"):
        Catalog.from_schema_sql(1)  # type: ignore[arg-type]
    different = Catalog.from_schema_sql("CREATE TABLE public.t (id bigint PRIMARY KEY);")
    with pytest.raises(ConfigError, match="defined twice"):
        Options(catalog=[catalog, different])
