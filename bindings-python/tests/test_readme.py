"""What the READMEs show of Python: installed from the clone, run on databases `source` and `target`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import dumpsert
import psycopg
from conftest import PACKAGE, ROOT, Server, cargo_target, check_merged, one_build, run

CALLS = (
    *("convert", "rewrite", "statements", "inspect", "aconvert", "arewrite", "astatements", "ainspect"),
    *("restore", "sync", "arestore"),
)
CLASSES = ("Rewriter", "Catalog", "Options", *(error.__name__ for error in dumpsert.DumpsertError.__subclasses__()))


def quick_start(language: str) -> str:
    section = (ROOT / "README.md").read_text().partition("\n## Quick start: Python\n")[2].partition("\n## ")[0]
    (block,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(block)


def package_programs() -> list[str]:
    """All programs in the README of the package."""
    return re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)


def test_both_readmes_begin_with_the_same() -> None:
    assert package_programs()[0] == quick_start("python")


def test_the_readme_of_the_package_stands_alone() -> None:
    """The package index shows it without the files around it, and tells all names."""
    text = (PACKAGE / "README.md").read_text()
    assert re.findall(r"\]\((?!https?://)", text) == []
    for name in (*CALLS, *CLASSES):
        assert hasattr(dumpsert, name)
        assert f"`{name}" in text


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
    with one_build():
        run("sh", "-ec", quick_start("sh"), folder=ROOT, environment=environment)
    said = run(
        sys.executable,
        "-c",
        "\n".join(package_programs()) + "print(dumpsert.__file__)",
        folder=tmp_path,
        environment=environment,
    )
    assert str(tmp_path / "installed") in said
    assert "1000 rows of 2 tables" in said
    assert "choose other" not in said
    check_merged(server, "source", "target")
