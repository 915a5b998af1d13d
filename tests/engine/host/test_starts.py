"""Starts that fail: a sentence with cause and cure, and nothing half-made that counts later."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from appmixer.engine.storage.durable import kept

from ...ports import free_port

DEADLINE_S = 60
MADE = ("api-token", "secret.key", "machine-id")
FILLER = ".api-token.filler"
# Runs many starts in one process, because loading the engine takes longer than a failing start.
RUN_ALL = """
import json, sys
from typer.testing import CliRunner
from appmixer.engine.cli.app import app
found = []
for arguments, environment in json.load(sys.stdin):
    result = CliRunner().invoke(app, arguments, env=environment)
    found.append([result.exit_code, result.stdout, result.stderr, repr(result.exception)])
print(json.dumps(found))
"""


def clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("APPMIXER")}


def run_all(*commands: tuple[list[str], Mapping[str, str]]) -> list[tuple[int, str, str, str]]:
    """Run each command of `appmixer`; return exit code, output, complaint and exception."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        env=clean(),
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[tuple[int, str, str, str]] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class Start:
    """A start that cannot succeed, and what has to be said of it."""

    cause: str
    cure: str
    prepare: Callable[[Path], object] = Path.exists
    environment: Mapping[str, str] | None = None
    arguments: tuple[str, ...] = ()


def put(name: str, content: bytes) -> Callable[[Path], object]:
    def prepare(data: Path) -> None:
        (data / name).write_bytes(content)

    return prepare


def tables(*statements: str) -> Callable[[Path], object]:
    def prepare(data: Path) -> None:
        with contextlib.closing(sqlite3.connect(data / "appmixer.sqlite")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return prepare


def a_file(data: Path) -> None:
    data.rmdir()
    data.write_bytes(b"")


def a_damaged_database(data: Path) -> None:
    tables("CREATE TABLE some (x INTEGER)")(data)
    path = data / "appmixer.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


def open_with_something_else(data: Path) -> None:
    (data / "diaries").mkdir()
    data.chmod(0o755)


WITH_TEMPORAL = {
    "APPMIXER_TEMPORAL_ADDRESS": "127.0.0.1:{port}",
    "APPMIXER_DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:{port}/x",
}
STARTS = {
    "a key that is none": Start(
        "APPMIXER_SECRET_KEY holds no key",
        "Bring back the one with which",
        environment={"APPMIXER_SECRET_KEY": "banana"},
    ),
    "a key that is no text": Start(
        "APPMIXER_SECRET_KEY holds no key",
        "Bring back the one with which",
        environment={"APPMIXER_SECRET_KEY": "\udcff" * 44},
    ),
    "an empty key file": Start("secret.key holds no key", "Bring back", put("secret.key", b"")),
    "an empty token file": Start(
        "api-token is empty or damaged", "Remove it", put("api-token", b"")
    ),
    "an empty machine id": Start(
        "machine-id is empty or damaged", "Bring it back", put("machine-id", b"")
    ),
    "a token of blanks": Start(
        "APPMIXER_API_TOKEN cannot be used",
        "at least 16 characters",
        environment={"APPMIXER_API_TOKEN": "a " * 16},
    ),
    "no database": Start(
        "file is not a database", "name another data folder", put("appmixer.sqlite", b"x" * 5000)
    ),
    "a damaged database": Start("malformed", "from a backup", a_damaged_database),
    "a newer database": Start(
        "a newer version of this engine",
        "Start that version again",
        tables(
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('9999')",
        ),
    ),
    "tables of another program": Start(
        "table owners already exists",
        "a database of its own",
        tables("CREATE TABLE owners (x INTEGER)"),
    ),
    "a database without its tables": Start(
        "no such table",
        "a database of its own",
        tables(
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('0001')",
        ),
    ),
    "another kind of database": Start(
        "is none of PostgreSQL",
        "postgresql://user:password@host",
        environment={"APPMIXER_DATABASE_URL": "mysql://root:hunter2@localhost/x"},
    ),
    "two databases where one is named": Start(
        "cannot be read",
        "?host=one,two&port=5432,5432",
        environment={"APPMIXER_DATABASE_URL": "postgresql://root:hunter2@a:5432,b:5432/x"},
    ),
    "a database that refuses": Start(
        "onnection refused",
        "Check that the server runs",
        environment={"APPMIXER_DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:{port}/x"},
    ),
    "a file for a folder": Start("is a file", "Name a folder", a_file),
    "a folder without rights": Start(
        "/sys/appmixer", "name another one with --data", arguments=("--data", "/sys/appmixer")
    ),
    "an open folder of others": Start(
        "(mode 0755) and not the engine's alone",
        "a folder of its own with --data",
        open_with_something_else,
    ),
    "a size that is none": Start(
        "APPMIXER_MAX_FILE_BYTES has to be a number of bytes",
        "leave it out",
        environment={"APPMIXER_MAX_FILE_BYTES": "100 MB"},
    ),
    "a size below one": Start(
        "APPMIXER_MAX_FILE_BYTES has to be a number of bytes",
        "leave it out",
        environment={"APPMIXER_MAX_FILE_BYTES": "-1"},
    ),
    "an address without scheme": Start(
        "APPMIXER_PUBLIC_URL is no address",
        "such as https://engine.example.com",
        environment={"APPMIXER_PUBLIC_URL": "engine.example.com"},
    ),
    "an address with a line break": Start(
        "APPMIXER_PUBLIC_URL is no address",
        "such as https://engine.example.com",
        environment={"APPMIXER_PUBLIC_URL": "https://engine.\nexample.com"},
    ),
    "a limit without end": Start(
        "APPMIXER_MAX_FLOWS cannot be used",
        "remove it for the default",
        environment={"APPMIXER_MAX_FLOWS": "9" * 5_000},
    ),
    "a level that is none": Start(
        "APPMIXER_LOG_LEVEL",
        "has to be DEBUG, INFO, WARNING or ERROR",
        environment={"APPMIXER_LOG_LEVEL": "LOUD"},
    ),
    "an address of Temporal that is none": Start(
        "has to be HOST:PORT",
        "such as temporal.example.com:7233",
        arguments=("--temporal", "https://hunter2@temporal.example.com"),
    ),
    "an address of Temporal without a port": Start(
        "has to be HOST:PORT",
        "such as temporal.example.com:7233",
        environment={"APPMIXER_TEMPORAL_ADDRESS": "temporal.example.com"},
    ),
    "Temporal on SQLite": Start(
        "Temporal needs a PostgreSQL database",
        "Name it with --database-url",
        arguments=("--temporal", "127.0.0.1:7233"),
    ),
    "a key for no Temporal": Start(
        "APPMIXER_TEMPORAL_API_KEY is set, but nothing says which Temporal service",
        "--temporal HOST:PORT (APPMIXER_TEMPORAL_ADDRESS), or remove",
        environment={"APPMIXER_TEMPORAL_API_KEY": "hunter2"},
    ),
    "a certificate of Temporal that is not there": Start(
        "nowhere.pem (APPMIXER_TEMPORAL_TLS_CA) cannot be read: No such file",
        "Name a PEM file",
        environment={**WITH_TEMPORAL, "APPMIXER_TEMPORAL_TLS_CA": "nowhere.pem"},
    ),
    "an authority of Temporal that is none": Start(
        f"{__file__} (APPMIXER_TEMPORAL_TLS_CA) holds no certificates",
        "has to be a PEM file",
        environment={**WITH_TEMPORAL, "APPMIXER_TEMPORAL_TLS_CA": __file__},
    ),
    "a page of Temporal that is none": Start(
        "APPMIXER_TEMPORAL_UI is no address that a browser could open",
        "such as https://temporal.example.com",
        environment={**WITH_TEMPORAL, "APPMIXER_TEMPORAL_UI": "temporal.example.com"},
    ),
    "a key of Temporal without a certificate": Start(
        "APPMIXER_TEMPORAL_TLS_KEY is set without APPMIXER_TEMPORAL_TLS_CERT",
        "Set APPMIXER_TEMPORAL_TLS_CERT as well",
        environment={**WITH_TEMPORAL, "APPMIXER_TEMPORAL_TLS_KEY": __file__},
    ),
    "a certificate of Temporal without a key": Start(
        "APPMIXER_TEMPORAL_TLS_CERT is set without APPMIXER_TEMPORAL_TLS_KEY",
        "Set APPMIXER_TEMPORAL_TLS_KEY as well",
        environment={**WITH_TEMPORAL, "APPMIXER_TEMPORAL_TLS_CERT": __file__},
    ),
    "a certificate and a key of Temporal that are none": Start(
        "are no certificate and its key",
        "PEM files of one pair, the key without a password",
        environment={
            **WITH_TEMPORAL,
            "APPMIXER_TEMPORAL_TLS_CERT": __file__,
            "APPMIXER_TEMPORAL_TLS_KEY": __file__,
        },
    ),
    "a port in use": Start("cannot be opened", "choose another one", arguments=("--port", "{own}")),
    "a port that is none": Start("no port 99999", "up to 65535", arguments=("--port", "99999")),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str, str]]:
    """What each of these starts has ended with."""
    commands: list[tuple[list[str], dict[str, str]]] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"own": taken.getsockname()[1], "port": free_port()}
        for start in STARTS.values():
            data = tmp_path_factory.mktemp("data", numbered=True)
            data.chmod(0o700)
            start.prepare(data)
            given = [each.format(**ports) for each in start.arguments]
            environment = dict(start.environment or {})
            commands.append(
                (
                    ["up", "--port", "0", "--data", str(data), *given],
                    {key: value.format(**ports) for key, value in environment.items()},
                )
            )
        return dict(zip(STARTS, run_all(*commands), strict=True))


@pytest.mark.parametrize("name", STARTS)
def test_a_start_that_cannot_succeed_ends_with_cause_and_cure(
    refusals: dict[str, tuple[int, str, str, str]], name: str
) -> None:
    code, said, complaint, exception = refusals[name]

    assert (code, said, exception) == (1, "", "SystemExit(1)"), complaint
    assert STARTS[name].cause in complaint
    assert STARTS[name].cure in complaint
    assert "hunter2" not in complaint


def test_a_lost_key_is_never_replaced_while_something_is_sealed_with_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    service = ["config", "set", "appmixer:whatsapp", "clientSecret", "--data", str(data)]
    [(stored, *_)] = run_all(([*service, "hush"], {}))
    key = (data / "secret.key").read_bytes()
    (data / "secret.key").unlink()

    up = ["up", "--port", "0", "--data", str(data)]
    other = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    lost, still_lost, foreign, right = run_all(
        (up, {}),
        ([*service, "hush"], {}),
        ([*service, "hush"], other),
        ([*service, "hush"], {"APPMIXER_SECRET_KEY": key.decode()}),
    )

    assert [stored, lost[0], still_lost[0], foreign[0], right[0]] == [0, 1, 1, 1, 0]
    assert "The key of the stored secrets is gone" in lost[2]
    assert "The key of the stored secrets is gone" in still_lost[2]
    assert "were sealed with another key" in foreign[2]
    assert not (data / "secret.key").exists()


def test_a_full_disk_at_a_first_start_leaves_no_empty_secret_and_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    up = ["up", "--port", "0", "--data", str(data)]
    with small_disk(data):
        with serving(data):
            pass
        for name in MADE:
            (data / name).unlink()
        for pages in (0, 4):
            fill(data, leaving=pages)

            [(code, _, complaint, _)] = run_all((up, {}))

            assert (code, "full" in complaint, "Make room" in complaint) == (1, True, True)
            made = [path for name in MADE if (path := data / name).exists()]
            assert [path.name for path in made if path.stat().st_size < 32] == []
        (data / FILLER).unlink()
        with serving(data) as url:
            answer = httpx.get(f"{url}/api/me", headers={"Authorization": "Bearer"})

    assert answer.status_code == 401


def test_a_secret_that_could_not_be_flushed_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space left"):
            kept(tmp_path / "secret", lambda: b"content")
    left = list(tmp_path.iterdir())

    assert left == []
    assert kept(tmp_path / "secret", lambda: b"content") == b"content"
    assert kept(tmp_path / "secret", lambda: b"other") == b"content"


@contextlib.contextmanager
def small_disk(folder: Path) -> Generator[None]:
    """A disk of its own, which only root may mount."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, *, leaving: int) -> None:
    """Leave so many pages of the disk free."""
    (folder / FILLER).unlink(missing_ok=True)
    free = os.statvfs(folder)
    (folder / FILLER).write_bytes(bytes((free.f_bavail - leaving) * free.f_bsize))


@contextlib.contextmanager
def serving(data: Path) -> Generator[str]:
    """Start an engine; yield its address."""
    script = "from appmixer.engine.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "up", "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean(),
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[-1].startswith("Open once"), process.communicate(timeout=DEADLINE_S)
        yield lines[0].split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE_S)


def test_a_database_server_that_accepts_and_says_nothing_is_told_in_a_sentence(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://somebody:hush@127.0.0.1:{silent.getsockname()[1]}/somewhere"
        [(code, _, complaint, exception)] = run_all(
            (["up", "--port", "0", "--data", str(tmp_path / "data"), "--database-url", url], {})
        )

    assert (code, exception) == (1, "SystemExit(1)")
    assert "The database at 127.0.0.1 cannot be used: " in complaint
    assert "Check that the server runs" in complaint
    assert "hush" not in complaint
