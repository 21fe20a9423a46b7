"""A PostgreSQL of one's own: in a temporary folder, on a socket there and a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

OWNER = "owner"


class Cluster:
    """A running server, and its databases."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._made = 0

    def address(self, database: str, user: str = OWNER) -> str:
        """Where a database is, over the socket."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def wait(self, server: subprocess.Popen[bytes], log: Path) -> None:
        """Until it answers."""
        end = time.monotonic() + 30
        while True:
            try:
                self.do("SELECT 1")
                return
            except psycopg.OperationalError:
                assert server.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.02)

    def make(self) -> str:
        """A new empty database; its address."""
        self._made += 1
        name = f"made_{self._made}"
        self.do(f"CREATE DATABASE {name}")
        return self.address(name)

    def do(self, sql: str) -> None:
        """Something that only the owner of the cluster can do."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())


TETHER = '"$@" & read line; kill -QUIT $!; wait'
"""Runs the server until whoever started it lets go of the other end, even by dying."""


@contextmanager
def cluster(safe: bool = False) -> Iterator[Cluster]:
    """A server for as long as it is needed.

    Args:
        safe: it waits for the disk as in real life; otherwise it does not outlive a power cut.
    """
    folder = Path(tempfile.mkdtemp(prefix="usage-"))
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, log = str(folder / "data"), folder / "log"
    try:
        command = ["initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            [_find(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True, timeout=60, **who
        )
        assert done.returncode == 0, done.stderr
        one = Cluster(folder, _free_port())
        options = ["-D", data, "-k", str(folder), "-h", "127.0.0.1", "-p", str(one.port)]
        options += ["-c", f"fsync={'on' if safe else 'off'}"]
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["sh", "-c", TETHER, "sh", _find("postgres"), *options],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                **who,
            )
        try:
            one.wait(server, log)
            yield one
        finally:
            assert server.stdin is not None
            server.stdin.close()
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find(program: str) -> str:
    """Debian keeps the server's programs out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(found[-1]) if found else shutil.which(program)
    assert path, "PostgreSQL is missing. Type: apt-get install postgresql"
    return path


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
