"""The whole way under Wine: pg_dump.exe, dumpsert.exe and psql.exe against a PostgreSQL server of this machine."""

import pathlib
import shutil
import socket
import subprocess

# Every way that a line can end in a value.
ROWS = r"""
CREATE TABLE t (id integer PRIMARY KEY, t text, j json, b bytea);
INSERT INTO t SELECT i, e, to_json(e || i), convert_to(e, 'UTF8') FROM unnest(ARRAY[
  E'\r\n', E'\n', E'\r', E'\r\r\n', E'\n\r', E'a\r\nb\nc\rd\r\r\ne', E'\\r\r\\n\n', E'\\\r\n', 'Grüße', '']) WITH ORDINALITY AS v (e, i);
INSERT INTO t SELECT i, repeat(E'row\r\n', 20), '{}', decode(md5(i::text), 'hex') FROM generate_series(100, 20000) AS i;
CREATE TABLE "Büro" (id serial PRIMARY KEY, v text);
INSERT INTO "Büro" (v) VALUES ('eins'), ('zwei');
"""
OLD = """
DELETE FROM t WHERE id % 2 = 0; UPDATE t SET t = 'old', j = '0' WHERE id % 3 = 0; DELETE FROM "Büro" WHERE id = 2;
"""
CONTENT = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM t UNION ALL SELECT string_agg(b::text, '|' ORDER BY id) FROM \"Büro\" AS b"


class Server:
    def __init__(self, programs, record, folder):
        self.programs, self.record, self.folder = programs, record, folder
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self.data = folder / "cluster"
        self.client = programs.directory / "pg" / "bin"

    def as_postgres(self, *command):
        subprocess.run(["runuser", "-u", "postgres", "--", *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def run(self):
        self.record.section("pg_dump.exe, dumpsert.exe and psql.exe with a server of this machine")
        self.folder.chmod(0o755)
        self.data.mkdir()
        shutil.chown(self.data, "postgres")
        settings = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.as_postgres(self.bin / "initdb", "-D", self.data / "data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres")
        hba = "host all asked 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\nlocal all postgres trust\n"
        (self.data / "data" / "pg_hba.conf").write_text(hba)
        control = [self.bin / "pg_ctl", "-D", self.data / "data", "-w"]
        self.as_postgres(*control, "-o", settings, "-l", self.data / "log", "start")
        try:
            self.pipes()
            self.sync()
            self.found()
            self.reached()
        finally:
            self.as_postgres(*control, "-m", "immediate", "stop")

    def psql(self, database, sql):
        command = [self.bin / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", database]
        return subprocess.run(command, input=sql, check=True, capture_output=True, text=True).stdout

    def pair(self, name):
        """A source, and a target that has other rows."""
        self.psql("postgres", f'CREATE DATABASE "{name}_from"')
        self.psql(f"{name}_from", ROWS)
        self.psql("postgres", f'CREATE DATABASE "{name}_to" TEMPLATE "{name}_from"')
        self.psql(f"{name}_to", OLD)
        return f"{name}_from", f"{name}_to"

    def url(self, database, user="postgres"):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def same(self, pair):
        first, second = (self.psql(database, CONTENT) for database in pair)
        return first == second

    def pipes(self):
        """Programs in a pipe, as cmd.exe makes one."""
        for more, is_lossless in (([], True), (["--column-inserts"], False)):
            pair = self.pair(f"pipe{len(more)}")
            before = self.psql(pair[1], CONTENT)
            commands = [
                self.programs.wine(self.client / "pg_dump.exe", "-w", "--data-only", *more, "-d", self.url(pair[0])),
                self.programs.wine(self.programs.exe, "convert", "--quiet", "--style", "staged", "--schema", "schema.sql"),
                self.programs.wine(self.client / "psql.exe", "-X", "-q", "-w", "-d", self.url(pair[1])),
            ]
            schema = [self.bin / "pg_dump", "-s", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", pair[0]]
            (self.folder / "schema.sql").write_bytes(subprocess.run(schema, check=True, capture_output=True).stdout)
            running, read = [], subprocess.DEVNULL
            for command in commands:
                more_arguments = {"env": self.programs.environment, "cwd": self.folder, "stderr": subprocess.PIPE}
                running.append(subprocess.Popen(command, stdin=read, stdout=subprocess.PIPE, **more_arguments))
                if read != subprocess.DEVNULL:
                    read.close()
                read = running[-1].stdout
            read.read()
            said = [process.stderr.read().decode("utf-8", "replace") for process in running]
            status = [process.wait() for process in running]
            what = "pg_dump.exe " + " ".join(["--data-only", *more]) + " | dumpsert.exe convert | psql.exe"
            if is_lossless:
                self.record.check(f"{what}: every value", status[1:] == [0, 0] and self.same(pair), f"{status} {said[1][:300]} {said[2][-300:]}")
            else:
                is_so = status[1] == 1 and status[2] == 3 and "CRLF inside of a literal" in said[1] and self.psql(pair[1], CONTENT) == before
                self.record.check(f"{what}: refused, nothing changed", is_so, f"{status} {said[1][:300]} {said[2][-300:]}")

    def dumpsert(self, *arguments, **more):
        return self.programs.windows(self.folder, *arguments, **more)

    def sync(self):
        programs = ["--bin-dir", "Z:" + str(self.client).replace("/", "\\")]
        pair = self.pair("sync")
        arguments = ["sync", "--from", self.url(pair[0]), "--to", self.url(pair[1]), *programs]
        for times in ("once", "again"):
            end = self.dumpsert(*arguments)
            said = (end.stdout + end.stderr).decode("utf-8", "replace")
            self.record.check(f"sync, {times}: every value", end.returncode == 0 and self.same(pair), said[-600:])
        is_so = " 0 inserted, 0 updated, " in said
        self.record.check("the second one changes nothing", is_so, said[-300:])
        self.psql(pair[0], "UPDATE t SET t = E'a\\x1ab' WHERE id = 1")
        end = self.dumpsert(*arguments)
        said = end.stderr.decode("utf-8", "replace")
        self.record.check("a value with the byte 1A is refused", end.returncode == 3 and "1A (hexadecimal)" in said, said[-300:])
        forms = [("plain", []), ("inserts", ["--column-inserts"]), ("custom", ["-Fc"])]
        for form, more in forms:
            pair = self.pair(form)
            dump = [self.bin / "pg_dump", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *more, "-f", self.folder / "a.dump", pair[0]]
            subprocess.run(dump, check=True)
            with open(self.folder / "a.dump", "rb") as dump_file:
                end = self.dumpsert("restore", "-", "--to", self.url(pair[1]), *programs, stdin=dump_file)
            said = end.stderr.decode("utf-8", "replace")
            self.record.check(f"restore of a {form} dump from a pipe: every value", end.returncode == 0 and self.same(pair), said[-600:])
            pair = self.pair(f"{form}_file")
            end = self.dumpsert("restore", "a.dump", "--to", self.url(pair[1]), *programs)
            said = end.stderr.decode("utf-8", "replace")
            if "cannot" in said and form == "custom" and "pg_restore" in said:
                self.record.cannot("restore of an archive", f"pg_restore.exe opens no files there: `{said.strip()[-200:]}`")
                continue
            self.record.check(f"restore of a {form} dump: every value", end.returncode == 0 and self.same(pair), said[-600:])

    def found(self):
        """Where programs are found."""
        pair = self.pair("found")
        arguments = ["sync", "--from", self.url(pair[0]), "--to", self.url(pair[1]), "--dry-run"]
        here = "Z:" + str(self.client).replace("/", "\\")
        end = self.dumpsert(*arguments)
        said = end.stderr.decode("utf-8", "replace")
        self.record.check("without programs: status 3, and where to get them", end.returncode == 3 and "--bin-dir" in said, said[-300:])
        for name in ("PG_BIN", "WINEPATH"):
            end = self.dumpsert(*arguments, env=self.programs.environment | {name: here})
            self.record.check(f"programs by {name.replace('WINE', '')}", end.returncode == 0, end.stderr.decode("utf-8", "replace")[-300:])
        installed = self.programs.directory / "prefix" / "drive_c" / "Program Files" / "PostgreSQL"
        for version in ("9.6", "9", "17"):
            (installed / version / "bin").mkdir(parents=True, exist_ok=True)
        (installed / "18").symlink_to(self.client.parent)
        try:
            end = self.dumpsert(*arguments)
            self.record.check("programs in the installer's folder, the newest", end.returncode == 0, end.stderr.decode("utf-8", "replace")[-300:])
        finally:
            (installed / "18").unlink()
            shutil.rmtree(installed)

    def reached(self):
        """How databases are reached."""
        programs = ["--bin-dir", "Z:" + str(self.client).replace("/", "\\")]
        pair = self.pair("Büro")
        end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", self.url(pair[1]), *programs)
        said = end.stderr.decode("utf-8", "replace")
        self.record.check("databases with an umlaut in their names", end.returncode == 0 and self.same(pair), said[-300:])
        pair = self.pair("password")
        self.psql("postgres", "CREATE ROLE asked LOGIN SUPERUSER PASSWORD 'p@ss w%rd'")
        for to in (f"postgres://asked:p%40ss%20w%25rd@127.0.0.1:{self.port}/{pair[1]}", f"postgres://asked:wrong@127.0.0.1:{self.port}/{pair[1]}"):
            end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", to, *programs)
            said = end.stderr.decode("utf-8", "replace")
            is_so = (end.returncode == 3 and "wrong" not in said) if "wrong" in to else (end.returncode == 0 and self.same(pair))
            self.record.check(f"a password in the URL, {'a wrong one' if 'wrong' in to else 'which goes by the environment'}", is_so, said[-300:])
        roaming = next((self.programs.directory / "prefix" / "drive_c" / "users").glob("*/AppData/Roaming"), None)
        if roaming:
            (roaming / "postgresql").mkdir(exist_ok=True)
            (roaming / "postgresql" / "pgpass.conf").write_text(f"127.0.0.1:{self.port}:*:asked:p@ss w%rd\n")
            end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", self.url(pair[1], "asked"), *programs)
            said = end.stderr.decode("utf-8", "replace").strip()
            if end.returncode == 0:
                self.record.check("a password in %APPDATA%\\postgresql\\pgpass.conf", True)
            else:
                self.record.cannot("a password in %APPDATA%\\postgresql\\pgpass.conf", f"psql.exe opens no files there: `{said[-200:]}`")
            shutil.rmtree(roaming / "postgresql")
        end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", "host=/tmp dbname=x", *programs)
        said = end.stderr.decode("utf-8", "replace").strip()
        self.record.check("a socket of Unix as host: status 3", end.returncode == 3, said[-300:])
        self.record.note(f"it says: `{said[-300:]}`")
        self.psql(pair[0], "DELETE FROM t WHERE id > 19990")
        before = self.psql(pair[1], CONTENT)
        end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", self.url(pair[1]), "--prune", *programs, stdin=subprocess.DEVNULL)
        said = end.stderr.decode("utf-8", "replace")
        is_so = end.returncode == 2 and "say --yes" in said and self.psql(pair[1], CONTENT) == before
        self.record.check("--prune with no console to ask on: refused", is_so, f"{end.returncode} {said[-300:]}")
        end = self.dumpsert("sync", "--from", self.url(pair[0]), "--to", self.url(pair[1]), "--prune", "--yes", *programs)
        said = end.stderr.decode("utf-8", "replace")
        self.record.check("--prune --yes", end.returncode == 0 and self.same(pair), said[-300:])
