"""The example `examples/natural-keys`, which compares every row itself after each of its three runs."""

from __future__ import annotations

import os

from conftest import ROOT, run


def test_servers_that_were_seeded_apart_are_merged(program: str) -> None:
    environment = {**os.environ, "DUMPSERT": program}
    output = run("bash", str(ROOT / "examples/natural-keys/run.sh"), environment=environment)
    for name in ("first run", "second run", "diverged run"):
        assert f"{name}: all " in output, output
