"""Runs dumpsert.exe under Wine beside the program of this system, and writes down what was the same.

check.py DIR LINUX-PROGRAM RECORD: DIR is that of toolchain.sh, with `run/dumpsert.exe`, `run/dumpsert.node` where it was built.

Exit status 1 where something was not as expected. What Wine cannot do is no failure: it is written down as such.
"""

import concurrent.futures
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from windows_server import Server

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STYLES = ["rows", "batches", "staged"]
SUB = b"\x1a"


class Record:
    """What ran, and how it ended."""

    def __init__(self):
        self.lines, self.failed = [], 0

    def section(self, name):
        self.lines += ["", f"## {name}", ""]
        print(name, flush=True)

    def note(self, text):
        self.lines.append(f"- {text}")
        print(f"  {text}", flush=True)

    def check(self, what, is_so, otherwise=""):
        self.failed += not is_so
        self.note(f"{what}: {'as expected' if is_so else f'**differs**: {otherwise}'}")

    def cannot(self, what, why):
        self.note(f"{what}: *not under Wine*: {why}")


class Programs:
    """dumpsert.exe under Wine, and the program of this system."""

    def __init__(self, directory, linux):
        self.directory, self.linux = directory, str(linux)
        self.exe = directory / "run" / "dumpsert.exe"
        self.lost = 0
        self.environment = os.environ | {
            "WINEPREFIX": str(directory / "prefix"),
            "WINEDEBUG": "-all",
            # Node asks for a newer Windows than Wine says it is.
            "NODE_SKIP_PLATFORM_CHECK": "1",
        }
        for name in ("PG_BIN", "DUMPSERT_TO", "DUMPSERT_FROM", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
            self.environment.pop(name, None)

    def wine(self, program, *arguments):
        return ["/usr/lib/wine/wine64", str(program), *map(str, arguments)]

    def windows(self, folder, *arguments, **more):
        more = {"env": self.environment, "capture_output": True, "timeout": 300} | more
        for _ in range(5):
            end = subprocess.run(self.wine(self.exe, *arguments), cwd=folder, check=False, **more)
            # On a busy machine Wine loses what a program has written, and says so, or nothing at all. The program never fails without a word.
            if more["capture_output"] is False or b"wine client error" not in end.stderr and (end.returncode == 0 or end.stderr):
                return end
            self.lost += 1
        return end

    def unix(self, folder, *arguments, **more):
        more = {"capture_output": True, "timeout": 300} | more
        return subprocess.run([self.linux, *map(str, arguments)], cwd=folder, check=False, **more)

    def start(self, folder, program, *arguments, **more):
        more = {"env": self.environment, "stdin": subprocess.DEVNULL} | more
        return subprocess.Popen(self.wine(program, *arguments), cwd=folder, **more)


def text(output):
    return output.stderr.decode("utf-8", "replace").replace("\r\n", "\n")


def toml(options):
    """Options of JSON: the names are the same, and every JSON string is one of TOML."""
    tables, rest = options.get("tables", {}), {}
    parts = {name: options.get(name, {}) for name in ("keys", "limits")}
    rest = {name: value for name, value in options.items() if name not in ("tables", "keys", "limits")}
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in rest.items()]
    for part, values in parts.items():
        lines += [f"[{part}]", *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in values.items())]
    for table, values in tables.items():
        lines += [f"[tables.{json.dumps(table)}]"]
        lines += [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def shortened(end):
    status, messages, script = end
    return f"status {status}, {messages[-300:]!r}, {'no script' if script is None else f'a script of {len(script)} bytes'}"


def one_case(programs, case, style, folder):
    """One case in one style, from a file into a file and from a pipe into a pipe: runs that were the same, refused ones, others."""
    same, refused, differ = 0, 0, []
    for name in ("dump.sql", "schema.sql"):
        if (case / name).exists():
            shutil.copyfile(case / name, folder / name)
    options = case / "options.json"
    options = json.loads(options.read_text()) if options.exists() else {}
    (folder / "config.toml").write_text(toml(options | {"style": style}))
    arguments = ["convert", "--quiet", "--config", "config.toml"]
    arguments += ["--schema", "schema.sql"] if (case / "schema.sql").exists() else []

    def compare(way, ends, scripts):
        expected, found = ((end.returncode, text(end), script) for end, script in zip(ends, scripts, strict=True))
        if expected == found:
            return 1
        what = [name for name, one, other in zip(("status", "messages", "script"), expected, found, strict=True) if one != other]
        differ.append(f"{case.name}, {style}, {way}: another {' and '.join(what)}: {shortened(expected)} here, {shortened(found)} there")
        return 0

    files = [folder / "unix.sql", folder / "windows.sql"]
    both = list(zip((programs.unix, programs.windows), files, strict=True))
    ends = [program(folder, *arguments, "dump.sql", "-o", file.name) for program, file in both]
    same += compare("files", ends, [file.read_bytes() if file.exists() else None for file in files])
    dump = (case / "dump.sql").read_bytes()
    ends = [program(folder, *arguments, input=dump) for program, _ in both]
    script = ends[0].stdout
    if b"\r\n" not in script and SUB not in script:
        same += compare("pipes", ends, [end.stdout for end in ends])
    # psql on Windows would read another script: what goes out ends before that.
    elif b"\r\n" in ends[1].stdout or SUB in ends[1].stdout or not script.startswith(ends[1].stdout):
        differ.append(f"{case.name}, {style}, pipes: not refused")
    # A dump that is an error in itself is told as such.
    elif ends[1].returncode == 3 and "psql on Windows" in text(ends[1]) or (ends[0].returncode, text(ends[0])) == (ends[1].returncode, text(ends[1])) != (0, ""):
        refused += 1
    else:
        differ.append(f"{case.name}, {style}, pipes: {ends[1].returncode}: {text(ends[1])[:200]}")
    return same, refused, differ


def corpus(programs, record, _):
    record.section("The corpus testdata/cases, through dumpsert.exe and the program of this system")
    cases = sorted(dump.parent for dump in (ROOT / "testdata/cases").glob("*/dump.sql"))

    def run(job):
        with tempfile.TemporaryDirectory(prefix="dumpsert-case-") as folder:
            return one_case(programs, *job, pathlib.Path(folder))

    # Most of the time programs start.
    with concurrent.futures.ThreadPoolExecutor(3) as workers:
        ends = list(workers.map(run, [(case, style) for case in cases for style in STYLES]))
    same, refused = (sum(end[at] for end in ends) for at in (0, 1))
    differ = [line for end in ends for line in end[2]]
    record.note(
        f"{len(cases)} cases in {len(STYLES)} styles, each from a file to a file and from a pipe to a pipe: {same} runs with the same "
        f"script, messages and exit status, byte for byte; {refused} with CRLF or 1A in a value refused to write to a pipe"
    )
    if programs.lost > 0:
        record.note(f"{programs.lost} runs were made again, in which Wine lost what the program wrote (`wine client error`, or a failure without a word)")
    record.check("nothing else", not differ, "; ".join(differ[:20]))


def command_line(programs, record, folder):
    record.section("Errors and exit statuses")
    (folder / "dump.sql").write_text("INSERT INTO public.t (id) VALUES (1);\n")
    (folder / "schema.sql").write_text("CREATE TABLE public.t (id integer PRIMARY KEY);\n")
    (folder / "broken.sql").write_text("INSERT INTO public.t (id) VALUES (1;\n")
    (folder / "a folder").mkdir(exist_ok=True)
    good = ["convert", "--schema", "schema.sql", "dump.sql"]
    for arguments in (
        ["--version"], ["--help"], ["convert", "--help"], [], ["convrt"], ["dump.sql"], ["convert", "--no-such"],
        [*good], [*good, "--report", "-"], [*good, "-o", "dump.sql"], [*good, "-o", "schema.sql"], [*good, "-o", "a folder"],
        [*good, "-o", "x.sql", "--report", "x.sql"], ["convert", "missing.sql"], ["convert", "a folder"],
        ["convert", "--schema", "schema.sql", "broken.sql"], ["convert", "--schema", "broken.sql", "dump.sql"],
        ["convert", "postgres://u:secret@h/db"], ["convert", "--config", "missing.toml", "dump.sql"], ["inspect", "dump.sql"],
        ["catalog", "schema.sql"], ["catalog", "--query"], ["sync"], ["restore", "dump.sql"],
        ["restore", "dump.sql", "--to", "dbname="], ["sync", "--from", "mysql://h/d", "--to", "x"],
    ):  # fmt: skip
        # Standard output is a file in both, so that nobody asks whether it is a pipe.
        ends, outputs = [], []
        for program in (programs.unix, programs.windows):
            with tempfile.NamedTemporaryFile(dir=folder) as out:
                more = {"env": {"PATH": ""}} if program == programs.unix else {}
                ends.append(program(folder, *arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, capture_output=False, **more))
                out.seek(0)
                outputs.append(out.read())
        shown = "dumpsert " + " ".join(arguments)
        alike = [text(end).replace("dumpsert.exe", "dumpsert") for end in ends]
        outputs = [out.replace(b"dumpsert.exe", b"dumpsert").replace(b"x86_64-pc-windows-gnu", b"*") for out in outputs]
        if ends[0].returncode != ends[1].returncode:
            record.check(shown, False, f"{ends[1].returncode} instead of {ends[0].returncode}: {alike[1][:300]}")
        elif alike[0] != alike[1] or (outputs[0] != outputs[1] and "--version" not in arguments):
            record.note(f"{shown}: status {ends[1].returncode} in both, in other words: `{alike[1].strip()[:160] or outputs[1][:80]!r}`")
        else:
            record.note(f"{shown}: status {ends[1].returncode}, the same words")


def paths(programs, record, folder):
    record.section("Paths")
    good = ["convert", "--quiet", "--schema", "schema.sql"]
    expected = programs.unix(folder, *good, "dump.sql").stdout
    drive = "Z:" + str(folder).replace("/", "\\")
    deep = folder.joinpath(*["a folder with a long name " + "x" * 60] * 4)
    deep.mkdir(parents=True, exist_ok=True)
    (folder / "Grüße für Jörg").mkdir(exist_ok=True)
    for name, path in (
        ("with a drive", drive + "\\one.sql"),
        ("with slashes", drive.replace("\\", "/") + "/two.sql"),
        ("with blanks and umlauts", drive + "\\Grüße für Jörg\\ärger 1.sql"),
        ("relative", "Grüße für Jörg\\..\\three.sql"),
        ("without a limit", "\\\\?\\" + drive + "\\four.sql"),
        ("of more than 260 characters", "Z:" + str(deep).replace("/", "\\") + "\\five.sql"),
    ):
        for times in ("new", "replaced"):
            end = programs.windows(folder, *good, "dump.sql", "-o", path)
            local = path.removeprefix("\\\\?\\").removeprefix("Z:").replace("\\", "/")
            local = folder / local if not local.startswith("/") else pathlib.Path(local)
            written = local.read_bytes() if local.exists() else None
            record.check(f"a script {name}, {times}", end.returncode == 0 and written == expected, text(end)[:300])
        end = programs.windows(folder, *good, path, "-o", path)
        record.check(f"the dump is not written over, {name}", end.returncode == 2 and "is the dump itself" in text(end), text(end)[:300])
    end = programs.windows(folder, *good, drive + "\\dump.sql", "-o", "DUMP.SQL")
    record.check("nor by another case", end.returncode == 2 and "is the dump itself" in text(end), text(end)[:300])
    end = programs.windows(folder, *good, "dump.sql", "-o", "New.sql", "--report", "NEW.SQL")
    record.check("two outputs that differ in case", end.returncode == 2 and "where the script goes" in text(end), text(end)[:300])
    for name in ("NUL", "nul"):
        end = programs.windows(folder, *good, "dump.sql", "-o", name)
        record.check(f"-o {name}", end.returncode == 0 and not (folder / name).exists(), text(end)[:300])


def wait(there, seconds=30):
    end = time.monotonic() + seconds
    while not there() and time.monotonic() < end:
        time.sleep(0.05)
    return there()


def leftovers(folder):
    return [path.name for path in folder.glob(".dumpsert-*")]


def outputs(programs, record, folder):
    record.section("-o")
    good = ["convert", "--quiet", "--schema", "schema.sql"]
    helper = programs.directory / "run" / "helper.exe"
    out = folder / "out.sql"
    for mode, what in (("hold", "nobody else may open"), ("reads", "others may read and write, and not replace")):
        out.write_text("before")
        (folder / "held").unlink(missing_ok=True)
        process = programs.start(folder, helper, mode, "out.sql", "20")
        if not wait((folder / "held").exists):
            record.cannot(f"a file that {what}", "the helper could not open it")
            continue
        end = programs.windows(folder, *good, "dump.sql", "-o", "out.sql")
        is_so = end.returncode == 3 and out.read_text() == "before" and not leftovers(folder)
        record.check(f"a file that {what}: status 3, as it was", is_so, f"{end.returncode} {text(end)[:300]}")
        record.note(f"it says: `{text(end).strip()}`")
        process.kill()
        process.wait()
    out.write_text("before")
    out.chmod(0o444)
    end = programs.windows(folder, *good, "dump.sql", "-o", "out.sql")
    is_so = end.returncode == 3 and out.read_text() == "before" and not leftovers(folder)
    record.check("a read-only file: status 3, as it was", is_so, f"{end.returncode} {text(end)[:300]}")
    record.note(f"it says: `{text(end).strip()}`")
    out.chmod(0o644)
    out.write_text("before")
    end = programs.windows(folder, *good, "broken.sql", "-o", "out.sql")
    is_so = end.returncode == 1 and out.read_text() == "before" and not leftovers(folder)
    record.check("a dump that is broken: status 1, the file as it was", is_so, f"{end.returncode} {text(end)[:300]}")


def interrupts(programs, record, folder):
    record.section("Ctrl-C, Ctrl-Break, and who is killed")
    helper = programs.directory / "run" / "helper.exe"
    for event, status in (("break", 130), ("ctrlc", 130)):
        for name in ("ready", "status"):
            (folder / name).unlink(missing_ok=True)
        pipe = folder / "never"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        command = f"{programs.exe} convert --quiet --style rows --schema schema.sql - -o out.sql".replace("/", "\\")
        command = command.replace(str(programs.exe).replace("/", "\\"), "Z:" + str(programs.exe).replace("/", "\\"))
        (folder / "out.sql").write_text("before")
        process = programs.start(folder, helper, event, command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = wait(lambda: bool(leftovers(folder)))
        time.sleep(1)
        (folder / "ready").touch()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
        ended = (folder / "status").read_text().strip() if (folder / "status").exists() else None
        if not begun or ended is None:
            record.cannot(event, f"no console to send it in (status {process.returncode})")
            for name in leftovers(folder):
                (folder / name).unlink()
            continue
        is_so = ended == str(status) and not leftovers(folder) and (folder / "out.sql").read_text() == "before"
        record.check(f"{event}: status {status}, nothing half written", is_so, f"{ended} {leftovers(folder)}")
    # A psql that never ends goes with the process that has started it.
    fake = folder / "fake"
    fake.mkdir(exist_ok=True)
    for name in ("psql.exe", "pg_dump.exe"):
        shutil.copyfile(helper, fake / name)
    here = folder / "psql-is-here"
    here.unlink(missing_ok=True)
    process = programs.start(folder, programs.exe, "restore", "dump.sql", "--to", "dbname=x", "--bin-dir", "Z:" + str(fake).replace("/", "\\"))
    if not wait(here.exists):
        process.kill()
        record.cannot("children end with their parent", "the child has not started")
        return

    def running():
        found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
        return any(str(folder).replace("/", "\\") in line and "psql.exe" in line for line in found.splitlines())

    was_there = running()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    record.check("a psql that ignores its pipes ends with its parent", was_there and wait(lambda: not running()), f"it was there: {was_there}")


def compressed(programs, record, folder):
    record.section("Compressed dumps")
    dump = (folder / "dump.sql").read_bytes()
    expected = programs.unix(folder, "convert", "--quiet", "--schema", "schema.sql", "dump.sql").stdout
    (folder / "dump.sql.gz").write_bytes(gzip.compress(dump))
    files = ["dump.sql.gz"]
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-qf", "dump.sql"], cwd=folder, check=True)
        files.append("dump.sql.zst")
    else:
        record.note("zstd: not on this machine")
    for name in files:
        end = programs.windows(folder, "convert", "--quiet", "--schema", "schema.sql", name)
        record.check(f"{name}, a file", end.stdout == expected, text(end)[:300])
        end = programs.windows(folder, "convert", "--quiet", "--schema", "schema.sql", input=(folder / name).read_bytes())
        record.check(f"{name}, a pipe", end.stdout == expected, text(end)[:300])


def node(programs, record, folder):
    record.section("The Node package under node.exe")
    package = programs.directory / "run" / "package"
    if not package.exists():
        record.cannot("all of it", "the library was not built")
        return
    exe = programs.directory / "node" / "node.exe"
    # What a library asks for is not looked for beside the program.
    system = programs.directory / "prefix" / "drive_c" / "windows" / "system32"
    shutil.copyfile(programs.directory / "run" / "bcryptprimitives.dll", system / "bcryptprimitives.dll")
    said, arguments = [], [ROOT / "testdata/cases", folder]
    for command in (
        programs.wine(exe, HERE / "node.cjs", package / "node_modules" / "dumpsert", *arguments),
        ["node", HERE / "node.cjs", ROOT / "bindings-node", *arguments],
    ):
        # Not pipes, which node.exe cannot have under Wine.
        with open(folder / "said", "wb") as out, open(folder / "wrong", "wb") as wrong:
            end = subprocess.run(
                command, cwd=folder, env=programs.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=wrong, check=False, timeout=900
            )
        said.append((folder / "said").read_text())
        if len(said) == 1:
            wrong = (folder / "wrong").read_text()
            for line in said[0].splitlines():
                record.note(line)
            record.check("the checks of testkit/windows/node.cjs", end.returncode == 0, wrong[-600:])
    if end.returncode == 0:
        record.check("the same scripts and errors as under this system's node", said[0].splitlines()[1:] == said[1].splitlines()[1:])
    else:
        record.note("the package of this system is not built, so that its scripts were not compared")


def main(directory, linux, record_file):
    directory = pathlib.Path(directory).resolve()
    programs, record = Programs(directory, pathlib.Path(linux).resolve()), Record()
    with tempfile.TemporaryDirectory(prefix="dumpsert-windows-") as temporary:
        folder = pathlib.Path(temporary)
        # Wine's own services hold the pipes of the program that has started them, and end with the last one: this one stays.
        nothing = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        programs.start(directory, directory / "run" / "helper.exe", **nothing)
        wait((directory / "psql-is-here").exists)
        steps = [corpus, command_line, paths, outputs, interrupts, compressed, node]
        for step in steps:
            step(programs, record, folder)
        Server(programs, record, folder).run()
    pathlib.Path(record_file).write_text("\n".join(record.lines).strip() + "\n")
    subprocess.run(["/usr/lib/wine/wineserver64", "-k"], env=programs.environment, check=False)
    print(f"{record.failed} not as expected; {record_file}")
    return record.failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
