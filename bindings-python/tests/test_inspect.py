"""`inspect`: what is in a dump, as the command line says it."""

from __future__ import annotations

import json
import pickle
import subprocess
from pathlib import Path
from typing import Any

import dumpsert
import pytest
from conftest import OPTION, Case, cut, toml

DUMP = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\nINSERT INTO public.log (line) VALUES ('a');\n"


def test_as_the_command_line(program: str, case: Case, tmp_path: Path) -> None:
    (tmp_path / "options.toml").write_text(toml(case.options))
    schema = [] if case.schema is None else ["--schema", str(case.schema)]
    result = subprocess.run(
        [program, "inspect", "--quiet", "--json", "--config", "options.toml", *schema, "-"],
        input=case.dump,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    for source in (cut(case.dump, 7), case.folder / "dump.sql"):
        try:
            inspection = dumpsert.inspect(source, **case.arguments)
        except dumpsert.DumpsertError as error:
            assert result.returncode != 0
            said = result.stderr.decode()
            assert error.message in said or all(words in said for words in OPTION.split(str(error)))
        else:
            assert result.returncode == 0
            assert inspection.to_json() + "\n" == result.stdout.decode()


def test_what_it_tells() -> None:
    inspection = dumpsert.inspect([DUMP], style="rows")
    assert inspection.version == 1
    assert inspection.report.rows_read == 2
    assert inspection.columns == {"public.t": ["id", "v"], "public.log": ["line"]}
    assert [problem["table"] for problem in inspection.problems] == ["public.log"]
    assert inspection.shape["rows"] == ["column_inserts"]
    assert not inspection.shape["full"]
    assert (inspection.databases, inspection.order_problems) == ([], None)
    assert pickle.loads(pickle.dumps(inspection)) == inspection
    assert json.loads(inspection.to_json()) == inspection.to_dict()
    assert inspection.report.to_json() in inspection.to_json().replace("\n  ", "\n")


def test_progress_and_errors() -> None:
    calls: list[tuple[int, int, str | None]] = []
    dumpsert.inspect([DUMP], progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(DUMP), 2, "public.log")

    def enough(done: int, _rows: int, _table: str | None) -> None:
        raise InterruptedError(f"{done} bytes")

    with pytest.raises(InterruptedError, match="bytes"):
        dumpsert.inspect((DUMP * 5000 for _ in range(1_000_000)), progress=enough)
    with pytest.raises(TypeError, match='mode "rb"'):
        dumpsert.inspect([DUMP.decode()])  # type: ignore[list-item]
    with pytest.raises(dumpsert.TruncatedError):
        dumpsert.inspect([DUMP[:30]])


def test_everything_in_reports_has_a_property(case: Case) -> None:
    """What the library adds to a report gets a name and a description here too."""

    def undescribed(values: dict[str, Any], of: type) -> set[str]:
        return {name for name in values if not getattr(vars(of).get(name), "__doc__", None)} - {"version"}

    try:
        inspection = dumpsert.inspect(case.folder / "dump.sql", **case.arguments).to_dict()
    except dumpsert.DumpsertError:
        return
    report = inspection["report"]
    assert undescribed(inspection, dumpsert.Inspection) == set()
    assert undescribed(report, dumpsert.Report) == set()
    assert undescribed({name: 0 for table in report["tables"] for name in table}, dumpsert.TableReport) == set()
