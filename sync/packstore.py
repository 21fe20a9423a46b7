"""Where releases are published: a folder, or an S3 bucket. ``PACK_STORE`` says which.

    PACK_STORE=out/centre
    PACK_STORE=s3://bucket/prefix?endpoint=http://127.0.0.1:8333

Everything but the timestamp and the bundles is written once and never changed, so any
number of caches may stand before it. Credentials for S3 come from the environment, as
boto3 reads them (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from sync.disk import Disk
from sync.errors import PublishError, SettingsError

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_NOT_ALLOWED = (
    "AccessDenied",
    "403",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
)


class PackStore(Protocol):
    """Files by name (``blobs/ab/ab12...``). All of it raises ``PublishError`` where it fails."""

    def get(self, name: str) -> bytes | None:
        """A file's bytes, ``None`` if there is none."""

    def put_once(self, name: str, data: bytes) -> None:
        """Write a file that never changes; the same bytes again are fine.

        Raises:
            PublishError: other bytes stand there already.
        """

    def put(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, over what stands there."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with ``prefix``."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""


def open_store(address: str) -> PackStore:
    """The store that an address names.

    Raises:
        SettingsError: it is no address of a store.
    """
    if not address:
        raise SettingsError("PACK_STORE is empty. Use a folder or s3://bucket/prefix.")
    if not address.startswith("s3://"):
        if "://" in address:
            raise SettingsError(f"PACK_STORE={address}: use a folder or s3://bucket/prefix.")
        return FolderStore(Path(address))
    parts = urlsplit(address)
    if not parts.netloc:
        raise SettingsError(f"PACK_STORE={address}: the bucket is missing. Use s3://bucket/prefix.")
    options = parse_qs(parts.query, keep_blank_values=True)
    endpoint = options.pop("endpoint", [None])[0]
    if options:
        raise SettingsError(f"PACK_STORE={address}: {', '.join(options)} is not known. Use ?endpoint=URL.")
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise SettingsError(f"PACK_STORE={address}: the endpoint is no address. Begin it with https://")
    return S3Store(parts.netloc, parts.path.strip("/"), endpoint)


class FolderStore:
    """A folder that any web server can give out."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()

    def get(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PublishError(f"{self.folder / name}: cannot be read ({error.strerror}).") from error

    def put_once(self, name: str, data: bytes) -> None:
        there = self.get(name)
        if there is None:
            self.put(name, data)
        elif there != data:
            raise PublishError(
                f"{self.folder / name}: holds other bytes already; published files never change."
            )

    def put(self, name: str, data: bytes) -> None:
        try:
            self._disk.write_whole(self.folder / name, data)
        except OSError as error:
            raise PublishError(f"{self.folder / name}: cannot be written ({error.strerror}).") from error

    def names(self, prefix: str) -> Iterator[str]:
        folder = self.folder / prefix.rpartition("/")[0]
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name.startswith(prefix) and not path.name.startswith("."):
                yield name

    def remove(self, name: str) -> None:
        try:
            self._disk.remove(self.folder / name)
        except OSError as error:
            raise PublishError(f"{self.folder / name}: cannot be removed ({error.strerror}).") from error


class S3Store:
    """A bucket of any service that speaks S3. Nothing but whole objects is ever read or written.

    Args:
        bucket: its name; it exists already.
        prefix: what stands before every name, without slashes at its ends.
        endpoint: the service's address, ``None`` for the default one.
    """

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        # Kept out of the module's head: only who publishes to a bucket has it.
        try:
            import boto3.session
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise SettingsError(
                "A bucket needs the package boto3. Install it, or publish to a folder."
            ) from error

        self._failures = (BotoCoreError, ClientError)
        self._endpoint = endpoint or "the default address"
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        settings = Config(
            connect_timeout=10,
            retries={"max_attempts": 5, "mode": "standard"},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        region = os.environ.get("AWS_REGION", "us-east-1")
        session = boto3.session.Session()
        self._client: Any = session.client("s3", endpoint_url=endpoint, region_name=region, config=settings)

    def _call(self, action: str, name: str, **arguments: Any) -> Any:
        try:
            answer = getattr(self._client, action)(Bucket=self._bucket, **arguments)
            return answer["Body"].read() if "Body" in answer else answer
        except self._failures as error:
            code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code", "")
            if action == "get_object" and code in ("NoSuchKey", "404", "NotFound"):
                raise FileNotFoundError(name) from error
            place = f"s3://{self._bucket}/{self._prefix}{name}"
            raise PublishError(f"{place}: {self._advice(error, code)}({error})") from error

    def _advice(self, error: Exception, code: str) -> str:
        """What to do, as far as it is known."""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if code == "NoSuchBucket":
            return f"there is no bucket {self._bucket!r}. Make it, or mend PACK_STORE. "
        if code in _NOT_ALLOWED or kinds & {"NoCredentialsError", "PartialCredentialsError"}:
            return (
                "the service does not let us in. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
                "to a key that may read, write and list. "
            )
        if kinds & {"ConnectionError", "HTTPClientError"}:
            return f"nobody answers at {self._endpoint}. Mend the line or PACK_STORE, then run it again. "
        return ""

    def get(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return bytes(self._call("get_object", name, Key=self._prefix + name))
        return None

    def put_once(self, name: str, data: bytes) -> None:
        there = self.get(name)
        if there is None:
            self._put(name, data, FOR_EVER)
        elif there != data:
            raise PublishError(f"s3://{self._bucket}/{self._prefix}{name}: holds other bytes already.")

    def put(self, name: str, data: bytes) -> None:
        self._put(name, data, ASK_AGAIN)

    def _put(self, name: str, data: bytes, cache: str) -> None:
        # No Content-Encoding, ever: what a service packs by itself cannot be resumed.
        kind = "application/json" if name.endswith(".json") else "application/octet-stream"
        self._call(
            "put_object", name, Key=self._prefix + name, Body=data, CacheControl=cache, ContentType=kind
        )

    def names(self, prefix: str) -> Iterator[str]:
        after: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", prefix, Prefix=self._prefix + prefix, **after)
            for one in page.get("Contents", ()):
                yield one["Key"].removeprefix(self._prefix)
            if not page.get("IsTruncated"):
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def remove(self, name: str) -> None:
        self._call("delete_object", name, Key=self._prefix + name)
