"""The quick start of the README: installed from the clone, run on databases `source` and `target`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import psycopg
from conftest import ROOT, Server, cargo_target, check_merged, run


def quick_start(language: str) -> str:
    section = (ROOT / "README.md").read_text().partition("\n## Quick start: Python\n")[2].partition("\n## ")[0]
    (block,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(block)


def test_quick_start(server: Server, databases: tuple[str, str], tmp_path: Path) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for name, database in zip(("source", "target"), databases, strict=True):
            connection.execute(f"ALTER DATABASE {database} RENAME TO {name}")
    (tmp_path / "schema.sql").write_bytes(server.pg_dump("source", "--schema-only"))
    (tmp_path / "data.sql").write_bytes(server.pg_dump("source", "--data-only", "--column-inserts"))

    # The build that is there already, and its tools: else this takes minutes and the network.
    tools = Path(sys.executable).parent
    environment = {
        **server.environment,
        "CARGO_TARGET_DIR": str(cargo_target()),
        "MATURIN_PEP517_ARGS": "--profile quick",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_TARGET": str(tmp_path / "installed"),
        "PYTHONPATH": str(tmp_path / "installed"),
        "PATH": os.pathsep.join([str(tools), server.environment["PATH"]]),
    }
    run("sh", "-ec", quick_start("sh"), folder=ROOT, environment=environment)
    said = run(
        sys.executable,
        "-c",
        quick_start("python") + "print(dumpsert.__file__)",
        folder=tmp_path,
        environment=environment,
    )
    assert str(tmp_path / "installed") in said
    assert "1000 rows of 2 tables" in said
    check_merged(server, "source", "target")
