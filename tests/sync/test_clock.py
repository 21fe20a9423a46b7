"""A dead battery, a clock of the future, a centre that has stopped: the agent under ``faketime``.

Every case of the table is a process of its own, over a real connection: plain or TLS with
certificates of our own. Whatever the clock says, what was on the screen stays.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync import errors
from sync.agent import Agent
from sync.serve import make_server
from sync.settings import AgentSettings
from sync.state import MOMENT
from sync.status import Status, read_status
from tests.content.tree import REPOSITORY
from tests.sync.centre import CHANNEL, TODAY, Centre, Clock, Kiosk

pytestmark = pytest.mark.skipif(shutil.which("faketime") is None, reason="the Debian package faketime")

CLOCKS = {
    "1970": datetime(1970, 1, 1, 0, 1),
    "2000": datetime(2000, 1, 1),
    "right": TODAY + timedelta(hours=1),
    "+200 days": TODAY + timedelta(days=200),
    "+11 years": TODAY + timedelta(days=11 * 365),
}
KIOSKS = ("fresh", "cached", "frozen")
DOORS = ("http", "https")

TAKEN = "taken"
HERE = "here"
CLOCK = "clock"
CERTIFICATE = "network"

EXPECTED = {
    # kiosk, door: what the agent does at each of the clocks above.
    # A clock of the past does not harm http: the signed times are the later ones.
    ("fresh", "http"): (TAKEN, TAKEN, TAKEN, CLOCK, CLOCK),
    ("cached", "http"): (HERE, HERE, HERE, CLOCK, CLOCK),
    # This kiosk was on for twenty days; what the centre signed was good for fourteen.
    ("frozen", "http"): (CLOCK, CLOCK, CLOCK, CLOCK, CLOCK),
    # A certificate has a beginning and an end, and no memory.
    ("fresh", "https"): (CERTIFICATE, CERTIFICATE, TAKEN, CERTIFICATE, CERTIFICATE),
    ("cached", "https"): (CERTIFICATE, CERTIFICATE, HERE, CERTIFICATE, CERTIFICATE),
    ("frozen", "https"): (CERTIFICATE, CERTIFICATE, CLOCK, CERTIFICATE, CERTIFICATE),
}
CASES = [
    (kiosk, door, clock, EXPECTED[kiosk, door][number])
    for kiosk, door, (number, clock) in itertools.product(KIOSKS, DOORS, enumerate(CLOCKS))
]


# -- certificates


def write_certificates(folder: Path) -> tuple[Path, Path]:
    """A CA for twenty years and a server's certificate for ninety days; the CA's file, the server's."""
    ca_key, ca = _certificate("Test CA", None, None, TODAY - timedelta(days=365), 20 * 365)
    key, certificate = _certificate("127.0.0.1", ca, ca_key, TODAY - timedelta(days=30), 90)
    trusted, own = folder / "ca.pem", folder / "server.pem"
    trusted.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return trusted, own


def _certificate(
    name: str,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    start: datetime,
    days: int,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


@contextmanager
def served(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """A pack store on loopback; its address."""
    server = make_server(folder, "127.0.0.1", 0)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake is for the thread that answers, or one kiosk could hold up all others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- processes


@dataclass(frozen=True)
class Ran:
    """What a process did, and what was there before and after it."""

    code: int
    said: str
    before: tuple[int, str]
    after: tuple[int, str]
    status: Status


class World:
    """A centre behind two doors, and a kiosk of each kind to copy from."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self.centre = centre
        self.folder = folder
        folder.mkdir()
        (folder / "root.json").write_bytes(centre.root)
        self.trusted, self.certificate = write_certificates(folder)
        self.addresses: dict[str, str] = {}
        centre.publish()
        cached = centre.kiosk("cached")
        with centre.line() as line:
            cached.update(line)
        self.frozen = Kiosk(centre.folder / "frozen", centre.root, CHANNEL, Clock())
        shutil.copytree(cached.data, self.frozen.data, symlinks=True)
        with self.frozen.open() as update:
            # As the agent's uptime does it, see Agent._keep_time.
            update.state.raise_time(TODAY + timedelta(days=20))

    @contextmanager
    def open(self) -> Iterator[World]:
        """Both doors."""
        with (
            served(self.centre.public) as plain,
            served(self.centre.public, self.certificate) as safe,
        ):
            self.addresses = {"http": plain, "https": safe}
            yield self

    def kiosk(self, name: str, kind: str) -> Kiosk:
        """A kiosk of its own."""
        kiosk = Kiosk(self.folder / name, self.centre.root, CHANNEL, Clock())
        if kind != "fresh":
            shutil.copytree(self.centre.folder / kind, kiosk.data, symlinks=True)
        return kiosk

    def run(self, kiosk: Kiosk, clock: datetime, *doors: str) -> Ran:
        """The agent as a process that is told another time."""
        config = kiosk.data.with_suffix(".toml")
        servers = ", ".join(f'"{self.addresses[door]}"' for door in doors)
        config.write_text(f'[agent]\nroot = "root.json"\nservers = [{servers}]\n', encoding="utf-8")
        before = shown(kiosk)
        command = ["faketime", f"{clock:%Y-%m-%d %H:%M:%S}", sys.executable, "-W", "ignore", "-m", "sync"]
        command += ["update", "--once", "--config", str(config), "--data", str(kiosk.data)]
        surroundings = {
            **os.environ,
            "TZ": "UTC",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "REQUESTS_CA_BUNDLE": str(self.trusted),
            "NO_PROXY": "*",
        }
        done = subprocess.run(
            command, env=surroundings, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        return Ran(done.returncode, said, before, shown(kiosk), read_status(kiosk.data))


def shown(kiosk: Kiosk) -> tuple[int, str]:
    """Release and digest on the screen; nothing on a kiosk that has nothing."""
    return kiosk.state() if kiosk.data.exists() else (0, "")


@pytest.fixture
def world(centre: Centre, tmp_path: Path) -> Iterator[World]:
    with World(centre, tmp_path / "kiosks").open() as world:
        yield world


def holds(case: tuple[str, str, str, str], ran: Ran) -> None:
    """Whether a process did what the table says."""
    kind, _, _, expected = case
    told = f"{case}: {ran}"
    if expected in (TAKEN, HERE):
        assert ran.code == 0, told
        assert ran.status.trouble == "" and ran.after[0] == 1, told
        assert ("is here." if expected == TAKEN else "was here already.") in ran.said, told
        assert ran.before == (ran.after if expected == HERE else (0, "")), told
        return
    assert ran.code == 1 and (ran.before[0] == 1 or kind == "fresh"), told
    assert ran.after == ran.before, told
    assert ran.status.reason == expected, told
    assert ran.status.trouble in ran.said, told
    if expected == CERTIFICATE:
        assert "Set the clock" in ran.status.trouble, told
    else:
        assert "expired" in ran.status.trouble and "clock is wrong" in ran.status.trouble, told


def test_thirty_ways_in_which_a_clock_and_a_centre_are_wrong(world: World) -> None:
    assert len(CASES) == 30
    with ThreadPoolExecutor(2) as pool:
        running: list[Future[Ran]] = []
        for number, (kind, door, clock, _) in enumerate(CASES):
            kiosk = world.kiosk(f"{number}", kind)
            running.append(pool.submit(world.run, kiosk, CLOCKS[clock], door))
        for case, one in zip(CASES, running, strict=True):
            holds(case, one.result())


def test_a_dead_battery_does_not_keep_a_kiosk_from_an_http_address(world: World) -> None:
    """What is signed is safe over http, so such an address may stand behind the other one."""
    ran = world.run(world.kiosk("kiosk", "fresh"), CLOCKS["2000"], "https", "http")
    assert ran.code == 0 and ran.after[0] == 1, ran
    assert "Set the clock" in ran.said and ran.status.trouble == "", ran


def test_a_frozen_centre_is_refused_by_a_clock_that_stands_at_2000(world: World) -> None:
    """Its signatures were good for as long as this kiosk was on since; then it signs again."""
    kiosk = world.kiosk("kiosk", "frozen")
    ran = world.run(kiosk, CLOCKS["2000"], "http")
    assert ran.code == 1 and ran.status.reason == "clock" and ran.after == ran.before, ran
    world.centre.edit()
    world.centre.clock.moment = TODAY + timedelta(days=20, hours=1)
    world.centre.publish()
    ran = world.run(kiosk, CLOCKS["2000"], "http")
    assert ran.code == 0 and ran.after[0] == 2 and ran.status.trouble == "", ran


def test_an_operator_is_not_told_that_a_clock_says_what_it_does_not_say(world: World) -> None:
    ran = world.run(world.kiosk("kiosk", "frozen"), CLOCKS["2000"], "http")
    assert "it says 2026" not in ran.status.trouble, "it says 2000"


@pytest.mark.parametrize("lost", ["nothing", "metadata"])
def test_an_old_centre_is_refused_by_a_clock_that_stands_at_2000(world: World, lost: str) -> None:
    """Somebody plays back what is still good for days, to a kiosk that cannot tell the day."""
    shutil.copytree(world.centre.public, world.folder / "old")
    world.centre.edit()
    world.centre.clock.moment = TODAY + timedelta(days=5)
    world.centre.publish()
    kiosk = world.kiosk("kiosk", "cached")
    assert world.run(kiosk, CLOCKS["2000"], "http").after[0] == 2
    if lost == "metadata":
        shutil.rmtree(kiosk.data / "metadata")
    with served(world.folder / "old") as address:
        world.addresses["old"] = address
        ran = world.run(kiosk, CLOCKS["2000"], "old")
    assert ran.code == 1 and ran.after == ran.before and ran.after[0] == 2, ran
    assert ran.status.reason == "replay", ran


def test_a_clock_that_was_ahead_once_leaves_nothing_behind(world: World) -> None:
    """Eleven years ahead, nothing is believed, and nothing of it is remembered."""
    kiosk = world.kiosk("kiosk", "cached")
    signed = read_status(kiosk.data).signed_at
    ran = world.run(kiosk, CLOCKS["+11 years"], "http")
    assert ran.code == 1 and ran.status.reason == "clock", ran
    assert ran.status.signed_at == signed == f"{world.centre.clock():{MOMENT}}"
    world.centre.edit()
    world.centre.publish()
    ran = world.run(kiosk, CLOCKS["right"], "http")
    assert ran.code == 0 and ran.after[0] == 2 and ran.status.trouble == "", ran


def test_a_clock_that_was_ahead_once_does_not_end_the_weekly_look_at_every_file(centre: Centre) -> None:
    centre.publish()
    (centre.folder / "root.json").write_bytes(centre.root)
    with centre.line() as line:
        data = centre.folder / "kiosk"
        settings = AgentSettings(data, centre.folder / "root.json", (line.address,), CHANNEL)
        agent = Agent(settings, centre.clock, lambda: 0.0, chance=lambda: 0.5)
        agent.update()
        right = centre.clock.moment
        centre.clock.moment = CLOCKS["+11 years"]
        with pytest.raises(errors.ExpiredError):
            agent.update()
        centre.clock.moment = right
        agent.update()
        blob = max((data / "blobs").glob("??/*"), key=lambda path: path.stat().st_size)
        good = blob.read_bytes()
        blob.write_bytes(bytes(len(good)))
        for _ in range(8):
            centre.clock.advance(days=1)
            agent.update()
        assert blob.read_bytes() == good
