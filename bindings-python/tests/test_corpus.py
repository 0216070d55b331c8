"""Every case of the shared corpus, at every chunk size: the same script and the same report as the command line."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import dumpsert
import pytest
from conftest import OPTION, Case, cut, toml

CHUNKS = [1, 7, 1 << 20]


def run_program(program: str, case: Case, folder: Path) -> tuple[bytes, str | None, str]:
    """Returns the script, the report if there is one, and what was said."""
    (folder / "options.toml").write_text(toml(case.options))
    schema = [] if case.schema is None else ["--schema", str(case.schema)]
    result = subprocess.run(
        [program, "convert", "--quiet", "--config", "options.toml", *schema, "--report", "report.json", "-"],
        input=case.dump,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    report = folder / "report.json"
    assert (result.returncode == 0) == report.exists()
    return result.stdout, report.read_text() if report.exists() else None, result.stderr.decode()


def in_python(facts: dict[str, Any]) -> dict[str, Any]:
    """Say a hint of the corpus, which names options as a configuration file does, as Python says it."""

    def option(found: re.Match[str]) -> str:
        name, value = found.groups()
        if value in {"true", "false"}:
            return f"`{name}={value.title()}`"
        if name in {"keys", "limits"}:
            key, _, text = value.partition("=")
            return f"`{name}={{'{key}': '{text}'}}`"
        is_list = name in {"exclude_tables", "only_tables", "only_schemas", "allow_relations", "demo_columns"}
        return f"`{name}=['{value}']`" if is_list else f"`{name}='{value}'`"

    hint = facts.get("hint")
    return facts if hint is None else {**facts, "hint": re.sub(r"`(\w+) = ([^`]*)`", option, hint)}


def test_as_the_command_line(program: str, case: Case, tmp_path: Path) -> None:
    script, report, said = run_program(program, case, tmp_path)
    for size in CHUNKS:
        written: list[bytes] = []
        try:
            chunks = dumpsert.rewrite(iter(cut(case.dump, size)), **case.arguments)
            written.extend(chunks)
        except dumpsert.DumpsertError as error:
            assert report is None
            # Text of the dump may hold what a terminal should not see; the command line shows it in its own way.
            # Options are written in another way there, and all words around them are the same.
            assert all(words in said for words in OPTION.split(str(error))) or error.message in said
            if not written:
                # Options that are refused: psql may read what the program writes, and is told.
                assert not script or b"RAISE EXCEPTION" in script
                written.append(script)
        else:
            assert chunks.report is not None
            assert chunks.report.to_json() + "\n" == report
        assert b"".join(written) == script


def test_files_as_the_command_line(program: str, case: Case, tmp_path: Path) -> None:
    script, report, _ = run_program(program, case, tmp_path)
    target = tmp_path / "out.sql"
    try:
        result = dumpsert.convert(case.folder / "dump.sql", target, **case.arguments)
    except dumpsert.DumpsertError:
        assert report is None
        assert not target.exists()
    else:
        assert result.to_json() + "\n" == report
        assert target.read_bytes() == script
    assert not list(tmp_path.glob(".dumpsert-*"))


def test_by_hand_as_the_command_line(program: str, case: Case, tmp_path: Path) -> None:
    """Whoever reads ahead as often as the options ask for it ends with the same."""
    expected, report, _ = run_program(program, case, tmp_path)
    for size in CHUNKS:
        script = b""
        try:
            options = dumpsert.Options(case.arguments)
            while options.needs_prescan:
                prescan = dumpsert.Prescan(options=options)
                all(prescan.write(chunk) for chunk in cut(case.dump, size))
                options = prescan.finish()
            rewriter = dumpsert.Rewriter(options=options)
            for chunk in cut(case.dump, size):
                script += rewriter.write(chunk)
            script += rewriter.finish()
        except dumpsert.DumpsertError as error:
            assert report is None
            if not error.output:  # what was read ahead is wrong, or the options
                assert not script
                continue
            script += error.output
        else:
            assert rewriter.report is not None
            assert rewriter.report.to_json() + "\n" == report
        # By hand nobody undoes compression: here it is refused for another reason.
        if not case.dump.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
            assert script == expected


@pytest.mark.parametrize("size", CHUNKS)
def test_push(case: Case, size: int) -> None:
    """What the corpus itself says, which is what the machine says that cannot read twice."""
    expected = json.loads((case.folder / "expected.json").read_text())
    script = b""
    try:
        rewriter = dumpsert.Rewriter(**case.arguments)
        for chunk in cut(case.dump, size):
            script += rewriter.write(chunk)
        script += rewriter.finish()
    except dumpsert.DumpsertError as error:
        names = ("kind", "category", "byte", "line", "column", "table", "row", "hint")
        facts = {name: getattr(error, name) for name in names if getattr(error, name) is not None}
        assert facts == in_python(expected["error"])
        script += error.output
        assert not script or b"RAISE EXCEPTION" in script
    else:
        assert rewriter.report is not None
        facts = rewriter.report.to_dict()
        assert facts.pop("bytes_written") == len(script)
        assert facts == expected["report"]
        assert script.endswith(b"\\endif\n")
    assert script == push_whole(case)


def push_whole(case: Case) -> bytes:
    script = b""
    try:
        rewriter = dumpsert.Rewriter(**case.arguments)
        script += rewriter.write(case.dump)
        script += rewriter.finish()
    except dumpsert.DumpsertError as error:
        script += error.output
    return script
