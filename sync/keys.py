"""Roles, the key ceremony, and rotation.

Four roles sign (TUF 1.0): *root* says which keys count, two of its three are needed and
all three are kept offline and apart; *targets* signs what is published, *snapshot* and
*timestamp* that it is all of it and today's. Keys are Ed25519, one PEM file each; a key
is known by its id, so a file may have any name and lie in any folder.

A passphrase in ``KEY_PASSPHRASE`` encrypts new key files and opens old ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Signer
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from sync.disk import Disk
from sync.errors import PublishError

ROLES = ("root", "targets", "snapshot", "timestamp")
ROOT_KEYS = 3
ROOT_THRESHOLD = 2
ROOT_LIFE = timedelta(days=365)
PASSPHRASE = "KEY_PASSPHRASE"

COMPACT = JSONSerializer(compact=True)


def _passphrase() -> bytes | None:
    return os.environ[PASSPHRASE].encode() if os.environ.get(PASSPHRASE) else None


class Keyring:
    """The private keys at hand, by key id."""

    def __init__(self, signers: Mapping[str, Signer]) -> None:
        self._signers = dict(signers)

    @classmethod
    def read(cls, folders: Iterable[Path]) -> Keyring:
        """Every ``*.pem`` in these folders.

        Raises:
            PublishError: there is no such folder, or a file is no key.
        """
        signers = {}
        for folder in folders:
            if not folder.is_dir():
                raise PublishError(f"{folder}: there is no such folder. Make keys: python -m sync keys init.")
            for path in sorted(folder.glob("*.pem")):
                signer = _read_key(path)
                signers[signer.public_key.keyid] = signer
        return cls(signers)

    def signers(self, root: Root, role: str) -> list[Signer]:
        """The keys at hand that ``root`` lets sign for ``role``."""
        return [self._signers[name] for name in root.roles[role].keyids if name in self._signers]

    def sign(self, metadata: Metadata[Root], roots: Iterable[Root]) -> None:
        """Add every signature to a root that these roots' keys allow."""
        for root in roots:
            for signer in self.signers(root, "root"):
                metadata.sign(signer, append=True)


def _read_key(path: Path) -> CryptoSigner:
    try:
        return CryptoSigner(load_pem_private_key(path.read_bytes(), _passphrase()))
    except TypeError:
        # The library's words for a passphrase that is missing, or given without need.
        raise PublishError(f"{path}: the key needs {PASSPHRASE}, or must be used without it.") from None
    except (ValueError, OSError) as error:
        hint = f" Is {PASSPHRASE} right?" if _passphrase() else ""
        raise PublishError(f"{path}: not a key that can be read ({error}).{hint}") from error


def key_id(path: Path) -> str:
    """The id of a key file, by which roots and rotation know it. Raises as ``Keyring.read``."""
    return str(_read_key(path).public_key.keyid)


def write_key(path: Path) -> CryptoSigner:
    """Make a new key in a file that only its owner reads.

    Raises:
        PublishError: the file exists, or cannot be written.
    """
    signer = CryptoSigner.generate_ed25519()
    secret = _passphrase()
    how: KeySerializationEncryption = BestAvailableEncryption(secret) if secret else NoEncryption()
    data = signer._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise PublishError(f"{path}: there is a key already. Keys are never overwritten.") from None
    except OSError as error:
        raise PublishError(f"{path}: the key cannot be written ({error.strerror}).") from error
    return signer


def init_keys(folder: Path, now: datetime) -> Path:
    """The key ceremony: six keys and the first root, signed by all three root keys.

    Returns:
        The path of ``root.json``, which every kiosk is given.

    Raises:
        PublishError: a file is there already, or cannot be written.
    """
    path = folder / "root.json"
    named = (*(f"root-{number}" for number in range(1, ROOT_KEYS + 1)), *ROLES[1:])
    # Looked at before the first key is made: the root keys of a ceremony have left the folder.
    for there in (path, *(folder / f"{name}.pem" for name in named)):
        if there.exists():
            raise PublishError(f"{there}: exists already. Name an empty folder; keys are never overwritten.")
    root = Root(version=1, expires=_expiry(now), consistent_snapshot=True)
    signers = {
        f"root-{number}": write_key(folder / f"root-{number}.pem") for number in range(1, ROOT_KEYS + 1)
    }
    for signer in signers.values():
        root.add_key(signer.public_key, "root")
    for role in ROLES[1:]:
        root.add_key(write_key(folder / f"{role}.pem").public_key, role)
    root.roles["root"].threshold = ROOT_THRESHOLD
    metadata = Metadata(root)
    for signer in signers.values():
        metadata.sign(signer, append=True)
    try:
        Disk().write_whole(path, metadata.to_bytes(COMPACT))
    except OSError as error:
        raise PublishError(f"{path}: cannot be written ({error.strerror}).") from error
    return path


def rotate_key(
    root: Metadata[Root], role: str, folder: Path, now: datetime, lost: str = ""
) -> Metadata[Root]:
    """The draft of the next root, in which ``role`` has a new key.

    Args:
        root: the root that is in force.
        role: whose key is exchanged; ``expiry`` exchanges none and only renews the root.
        folder: where the new key is written, as ``targets-v2.pem`` for the second root.
        now: the root is good for a year from here.
        lost: for ``root``, the beginning of the id of the key that goes.

    Raises:
        PublishError: there is no such role or key.
    """
    draft = Root.from_dict(root.signed.to_dict())
    draft.version += 1
    draft.expires = _expiry(now)
    if role in ROLES:
        going = [
            name for name in draft.roles[role].keyids if role != "root" or (lost and name.startswith(lost))
        ]
        if len(going) != 1:
            raise PublishError(f"{role}: say which key goes: {', '.join(draft.roles[role].keyids)}.")
        draft.revoke_key(going[0], role)
        draft.add_key(write_key(folder / f"{role}-v{draft.version}.pem").public_key, role)
    elif role != "expiry":
        raise PublishError(f"{role!r} is no role. Use one of: {', '.join(ROLES)}, expiry.")
    return Metadata(draft)


def missing_signatures(draft: Metadata[Root], before: Root | None) -> int:
    """How many signatures a new root still lacks: the old root's keys and its own must agree.

    Raises:
        PublishError: it does not follow the old root.
    """
    if before is not None and draft.signed.version != before.version + 1:
        raise PublishError(
            f"root {draft.signed.version} does not follow root {before.version}. "
            "Draft the next one from the root that is in force."
        )
    result = draft.signed.get_root_verification_result(before, draft.signed_bytes, draft.signatures)
    return max(result.first.missing, result.second.missing)


def read_root(data: bytes, where: str) -> Metadata[Root]:
    """A root from its bytes.

    Raises:
        PublishError: it is none.
    """
    try:
        metadata = Metadata[Root].from_bytes(data)
    except (DeserializationError, RepositoryError) as error:
        raise PublishError(f"{where}: not a root ({error}).") from error
    if metadata.signed.type != Root.type:
        raise PublishError(f"{where}: not a root (it holds {metadata.signed.type}).")
    return metadata


def _expiry(now: datetime) -> datetime:
    return (now + ROOT_LIFE).astimezone(UTC).replace(microsecond=0)
