"""Types, stubs, style, and the archives that are published."""

from __future__ import annotations

import os
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import dumpsert
from conftest import PACKAGE, ROOT, cargo_target, one_build, run, without_rust


def test_stubs_are_those_of_the_module(tmp_path: Path) -> None:
    run(sys.executable, "-m", "mypy.stubtest", "dumpsert", folder=tmp_path)


def test_types() -> None:
    run(sys.executable, "-m", "mypy", "python", "tests", "bench", str(ROOT / "examples/python-migration"))


def test_the_quick_start_is_typed(tmp_path: Path) -> None:
    program = tmp_path / "quick_start.py"
    _, _, section = (ROOT / "README.md").read_text().partition("## Quick start: Python")
    (code,) = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    program.write_text(code)
    run(sys.executable, "-m", "mypy", "--strict", str(program))


def test_style() -> None:
    config = ["--config", str(PACKAGE / "pyproject.toml")]
    for command in (["check"], ["format", "--check"]):
        run(sys.executable, "-m", "ruff", *command, *config, ".", str(ROOT / "examples/python-migration"))


def test_everything_public_is_documented() -> None:
    for name in dumpsert.__all__:
        thing = getattr(dumpsert, name)
        if not isinstance(thing, str):
            assert thing.__doc__, name
        for attribute in vars(thing) if isinstance(thing, type) else ():
            value = getattr(thing, attribute)
            if not attribute.startswith("_") and callable(value):
                assert value.__doc__, f"{name}.{attribute}"


def test_version_is_that_of_the_workspace() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert dumpsert.__version__ == version[1]


def test_wheel(wheel: Path) -> None:
    """One for every Python from 3.11 on, with everything in it."""
    assert f"dumpsert-{dumpsert.__version__}-cp311-abi3-" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("dumpsert/py.typed", "dumpsert/_core.pyi", "dumpsert/_core.abi3.so", "dumpsert/__main__.py"):
        assert name in names
    assert any(name.endswith("LICENSE-MIT") for name in names)


def test_wheel_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    """Outside of the clone, with no Rust at hand: the command line and the library."""
    environment = without_rust(tmp_path)
    run(sys.executable, "-m", "venv", "fresh", folder=tmp_path, environment=environment)
    bin_ = tmp_path / "fresh/bin"
    run(str(bin_ / "pip"), "install", "-q", "--no-index", str(wheel), folder=tmp_path, environment=environment)
    (tmp_path / "dump.sql").write_text("INSERT INTO public.t (id, v) VALUES (1, 'one');\n")
    run(str(bin_ / "dumpsert"), "convert", "dump.sql", "-o", "one.sql", folder=tmp_path, environment=environment)
    run(
        str(bin_ / "python"),
        "-m",
        "dumpsert",
        "convert",
        "dump.sql",
        "-o",
        "two.sql",
        folder=tmp_path,
        environment=environment,
    )
    code = "import dumpsert; dumpsert.convert('dump.sql', 'three.sql'); print(dumpsert.__file__)"
    where = run(str(bin_ / "python"), "-c", code, folder=tmp_path, environment=environment)
    assert where.startswith(str(tmp_path))
    assert (
        (tmp_path / "one.sql").read_bytes()
        == (tmp_path / "two.sql").read_bytes()
        == (tmp_path / "three.sql").read_bytes()
    )


def test_source_archive(tmp_path: Path) -> None:
    """It holds all that the build needs, and builds."""
    run(sys.executable, "-m", "maturin", "sdist", "-o", str(tmp_path))
    (archive,) = tmp_path.glob("dumpsert-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = [name.partition("/")[2] for name in tar.getnames()]
    assert "PKG-INFO" in names
    assert "bindings-python/python/dumpsert/_core.pyi" in names or "python/dumpsert/_core.pyi" in names
    # A quick build, of dependencies that are built already.
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(cargo_target()),
        "MATURIN_PEP517_ARGS": "--profile quick",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    command = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "built", str(archive)]
    with one_build():
        run(sys.executable, *command, folder=tmp_path, environment=environment)
    (built,) = (tmp_path / "built").glob("dumpsert-*.whl")
    assert "cp311-abi3" in built.name
