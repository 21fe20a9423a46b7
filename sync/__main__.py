"""``python -m sync``: keys, publishing, serving, and a kiosk's agent."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sync import tuf_client
from sync.agent import Agent
from sync.download import Meter
from sync.errors import PublishError, SettingsError, SyncError
from sync.manifest import CHANNELS
from sync.progress import Progress, Step, size, to_file, to_terminal
from sync.settings import AgentSettings, read_agent_settings
from sync.status import read_status
from sync.update import Outcome, Update

if TYPE_CHECKING:
    from content.model import Content
    from sync.publish import Publisher

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "out" / "data"
KEYS = ROOT / "out" / "keys"
STORE = ROOT / "out" / "centre"

EPILOG = "How releases travel: docs/releases.md. PACK_STORE names a folder or s3://bucket/prefix."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 something that must be mended."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("urllib3", "tuf", "botocore", "boto3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        return int(chosen.run(chosen))
    except SyncError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sync", description="Publish releases, and bring them to kiosks.", epilog=EPILOG
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_keys(commands)
    _add_centre(commands)
    _add_kiosk(commands)
    client = commands.add_parser("tuf-client", help="the agent's trust by hand, for a conformance suite")
    tuf_client.add_arguments(client)
    client.set_defaults(run=tuf_client.run)
    return parser


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; begin it with https://")
    return text


def _add_keys(commands: Commands) -> None:
    keys = commands.add_parser("keys", help="make, exchange and use keys: init, rotate, sign")
    actions = keys.add_subparsers(required=True, metavar="ACTION")
    init = actions.add_parser("init", help="the key ceremony: six keys and the first root")
    init.add_argument("folder", type=Path, nargs="?", default=KEYS, help="default: out/keys")
    init.set_defaults(run=_keys_init)
    rotate = actions.add_parser("rotate", help="draft the next root, with a new key for one role")
    rotate.add_argument("role", metavar="ROLE", help="root, targets, snapshot, timestamp; expiry only renews")
    rotate.add_argument("--root", type=Path, required=True, metavar="FILE", help="the root that is in force")
    rotate.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the draft goes")
    rotate.add_argument("--keys", type=Path, default=KEYS, metavar="FOLDER", help="where the new key goes")
    rotate.add_argument(
        "--key-id", default="", metavar="ID", help="for root: the beginning of the key that goes"
    )
    rotate.set_defaults(run=_keys_rotate)
    sign = actions.add_parser("sign", help="sign a draft with the root keys at hand")
    sign.add_argument("draft", type=Path, metavar="FILE", help="the draft; signatures are added to it")
    sign.add_argument("--root", type=Path, required=True, metavar="FILE", help="the root that is in force")
    sign.add_argument(
        "--keys", type=Path, nargs="+", default=[KEYS], metavar="FOLDER", help="folders of root keys"
    )
    sign.set_defaults(run=_keys_sign)


def _add_centre(commands: Commands) -> None:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--store", default=os.environ.get("PACK_STORE", str(STORE)), help="default: PACK_STORE"
    )
    common.add_argument(
        "--keys", type=Path, nargs="+", default=[KEYS], metavar="FOLDER", help="folders of keys"
    )
    rooted = argparse.ArgumentParser(add_help=False)
    rooted.add_argument("--root", type=Path, metavar="FILE", help="a root to publish first")
    publish = commands.add_parser(
        "publish",
        parents=[common, rooted],
        help="publish the guides as a signed release",
        description="The same guides twice are one release. May be killed and run again at any point.",
    )
    publish.add_argument("--channel", choices=CHANNELS, default="pilot", help="default: pilot")
    publish.add_argument(
        "--content",
        type=Path,
        default=ROOT / "content",
        metavar="FOLDER",
        help="the guides; default: content",
    )
    publish.add_argument(
        "--servers", nargs="+", type=_address, default=[], metavar="URL", help="where kiosks ask from now on"
    )
    what = publish.add_mutually_exclusive_group()
    what.add_argument("--promote", choices=CHANNELS, help="give the channel what another one has")
    what.add_argument("--revert-to", type=int, metavar="N", help="bring back what release N held")
    what.add_argument(
        "--withdraw", nargs="+", metavar="CONTACT", help="take contacts off every screen at once"
    )
    what.add_argument("--give-back", nargs="+", metavar="CONTACT", help="contacts that may be shown again")
    publish.add_argument(
        "--allow-unconfirmed",
        action="store_true",
        help="on stable: let contacts pass whose number nobody has rung, for a demonstration",
    )
    publish.set_defaults(run=_publish)
    resign = commands.add_parser(
        "resign", parents=[common, rooted], help="sign again what is public; run it every day"
    )
    resign.add_argument("--renew", action="store_true", help="targets and snapshot, too, however fresh")
    resign.set_defaults(run=_resign)
    verify = commands.add_parser("verify", parents=[common], help="check every file of what is public")
    verify.set_defaults(run=_verify)
    serve = commands.add_parser("serve", help="a folder of releases over HTTP, for a desk")
    serve.add_argument("folder", type=Path, nargs="?", default=STORE, help="default: out/centre")
    serve.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this computer only")
    serve.add_argument("--port", type=int, default=8400, help="default: 8400; 0 takes a free one")
    serve.set_defaults(run=_serve)


def _add_kiosk(commands: Commands) -> None:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="default: kiosk.toml")
    common.add_argument("--data", type=Path, metavar="FOLDER", help="another data folder than the file says")
    agent = commands.add_parser("agent", parents=[common], help="look for releases for ever")
    agent.set_defaults(run=_agent)
    update = commands.add_parser("update", parents=[common], help="look for a release now")
    update.add_argument("--once", action="store_true", help="do it once and stop (this is the default)")
    update.add_argument(
        "--server", action="append", type=_address, default=[], metavar="URL", help="instead of the settings'"
    )
    update.set_defaults(run=_update)
    stick = commands.add_parser("import-usb", parents=[common], help="take a release from a stick")
    stick.add_argument("path", type=Path, metavar="PATH", help="the bundle, or the stick's folder")
    stick.set_defaults(run=_import_usb)
    status = commands.add_parser(
        "status", parents=[common], help="which release, what trouble, how many bytes"
    )
    status.set_defaults(run=_status)
    scrub = commands.add_parser("scrub", parents=[common], help="hash every file again; mend what is damaged")
    scrub.set_defaults(run=_scrub)


# -- keys


def _keys_init(chosen: argparse.Namespace) -> int:
    from sync.keys import init_keys, key_id

    root = init_keys(chosen.folder, datetime.now(UTC))
    print(f"{root}: give it to every kiosk.")
    for path in sorted(chosen.folder.glob("*.pem")):
        print(f"  {path.name}: key {key_id(path)[:16]}")
    print("Move root-1.pem, root-2.pem and root-3.pem to three places that are not on any network.")
    return 0


def _keys_rotate(chosen: argparse.Namespace) -> int:
    from sync.keys import COMPACT, read_root, rotate_key

    root = read_root(_bytes(chosen.root), str(chosen.root))
    # A key without its draft is of no use: the draft's place is taken first.
    _write(chosen.out, b"", "xb")
    try:
        draft = rotate_key(root, chosen.role, chosen.keys, datetime.now(UTC), chosen.key_id)
    except PublishError:
        chosen.out.unlink()
        raise
    _write(chosen.out, draft.to_bytes(COMPACT))
    print(f"{chosen.out}: the draft of root {draft.signed.version}. Have it signed: python -m sync keys sign")
    return 0


def _keys_sign(chosen: argparse.Namespace) -> int:
    from sync.keys import COMPACT, Keyring, missing_signatures, read_root

    before = read_root(_bytes(chosen.root), str(chosen.root)).signed
    draft = read_root(_bytes(chosen.draft), str(chosen.draft))
    Keyring.read(chosen.keys).sign(draft, (before, draft.signed))
    left = missing_signatures(draft, before)
    _write(chosen.draft, draft.to_bytes(COMPACT))
    if left:
        print(f"{chosen.draft}: {left} more signature(s) needed. Take it to the next key.")
    else:
        print(f"{chosen.draft}: complete. Publish it: python -m sync resign --root {chosen.draft}")
    return 0


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PublishError(f"{path}: cannot be read ({error.strerror}).") from error


def _write(path: Path, data: bytes, mode: str = "wb") -> None:
    try:
        with path.open(mode) as file:
            file.write(data)
    except FileExistsError:
        raise PublishError(f"{path}: exists already. Name another file.") from None
    except OSError as error:
        raise PublishError(f"{path}: cannot be written ({error.strerror}).") from error


# -- the centre


def _publisher(chosen: argparse.Namespace) -> Publisher:
    from sync.keys import Keyring
    from sync.packstore import open_store
    from sync.publish import Publisher
    from sync.repository import Repository

    repository = Repository(open_store(chosen.store), Keyring.read(chosen.keys), lambda: datetime.now(UTC))
    root = chosen.root
    if root is None and repository.public() is None and (chosen.keys[0] / "root.json").exists():
        root = chosen.keys[0] / "root.json"
    if root is not None:
        repository.start(_bytes(root))
    return Publisher(repository)


def _publish(chosen: argparse.Namespace) -> int:
    other = chosen.promote or chosen.revert_to is not None or chosen.withdraw or chosen.give_back
    if chosen.servers and other:
        raise PublishError("--servers goes with the guides only. Publish them with it, then do the rest.")
    publisher = _publisher(chosen)
    if chosen.withdraw or chosen.give_back:
        return _withdraw(chosen, publisher)
    if chosen.promote:
        release = publisher.promote(chosen.promote, chosen.channel)
    elif chosen.revert_to is not None:
        release = publisher.revert(chosen.channel, chosen.revert_to)
    else:
        content = _judged(chosen)
        if content is None:
            return 1
        release = publisher.publish(content, chosen.channel, _media(chosen.content), chosen.servers)
    if release.new:
        what = ", ".join(release.changed) or "settings"
        print(f"Release {release.number} on {release.channel}: {what} changed.")
    else:
        print(f"Release {release.number} on {release.channel} stands: nothing changed. It was signed again.")
    return 0


def _judged(chosen: argparse.Namespace) -> Content | None:
    """The content, if the lint lets it pass."""
    from content.checks import check_content
    from content.source import read_content

    content, found = read_content(chosen.content)
    strict = chosen.channel == "stable" and not chosen.allow_unconfirmed
    findings = check_content(content, chosen.content, date.today(), strict, found)
    errors = [finding for finding in findings if finding.severity == "error"]
    for finding in errors:
        print(finding, file=sys.stderr)
    if errors:
        print(f"Nothing was published: {len(errors)} errors. Mend them first.", file=sys.stderr)
        return None
    return content


def _media(folder: Path) -> dict[str, dict[str, bytes]]:
    """``media/<home>/<name>`` below the content folder."""
    homes = sorted(path for path in (folder / "media").glob("*") if path.is_dir())
    return {
        home.name: {
            path.name: _bytes(path)
            for path in sorted(home.iterdir())
            if path.is_file() and not path.name.startswith(".")
        }
        for home in homes
    }


def _withdraw(chosen: argparse.Namespace, publisher: Publisher) -> int:
    from content.source import read_content
    from content.withdrawn import Withdrawn

    content, _ = read_content(chosen.content)
    listed = []
    for name in chosen.withdraw or ():
        fact = content.contact_facts.get(name)
        if fact is None or fact.phone is None:
            raise PublishError(f"{name} is no contact with a number. Use an id of content/facts.")
        listed.append(Withdrawn(name, fact.phone))
    left = publisher.withdraw(listed, chosen.give_back or ())
    for one in listed:
        same = sorted(
            name
            for name, fact in content.contact_facts.items()
            if fact.phone == one.phone and name not in {known.id for known in left}
        )
        if same:
            print(f"{one.phone} is also the number of {', '.join(same)}, which are still shown.")
    print(f"Withdrawn on all channels: {', '.join(one.id for one in left) or 'none'}.")
    return 0


def _resign(chosen: argparse.Namespace) -> int:
    public = _publisher(chosen).resign(chosen.renew)
    print(f"Signed again: timestamp {public.timestamp}, snapshot {public.snapshot}.")
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    from sync.keys import Keyring
    from sync.packstore import open_store
    from sync.publish import Publisher
    from sync.repository import Repository

    # It signs and writes nothing, so anybody may do it.
    repository = Repository(open_store(chosen.store), Keyring({}), lambda: datetime.now(UTC))
    count, weight = Publisher(repository).verify()
    print(f"{count} files, {size(weight)}: all there, all as they were signed.")
    return 0


def _serve(chosen: argparse.Namespace) -> int:
    from sync.serve import make_server

    if not chosen.folder.is_dir():
        raise PublishError(f"{chosen.folder}: there is no such folder. Publish to it first.")
    try:
        server = make_server(chosen.folder, chosen.host, chosen.port)
    except (OSError, OverflowError) as error:
        raise PublishError(f"{chosen.host}:{chosen.port}: cannot be served ({error}).") from error
    # Said aloud, because a shell's background job is started with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_serving)
    try:
        print(
            f"http://{chosen.host}:{server.server_address[1]} serves {chosen.folder}. Stop with Ctrl-C.",
            flush=True,
        )
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


def _stop_serving(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


# -- the kiosk


def _settings(chosen: argparse.Namespace) -> AgentSettings:
    import dataclasses

    if chosen.config is not None and not chosen.config.exists():
        raise SettingsError(f"{chosen.config}: there is no such file. Mend --config.")
    settings = read_agent_settings(chosen.config or ROOT / "kiosk.toml", DATA, KEYS / "root.json")
    return dataclasses.replace(settings, data=chosen.data) if chosen.data else settings


def _open(settings: AgentSettings) -> Update:
    to_screen = to_file(settings.data)

    def tell(step: Step) -> None:
        to_screen(step)
        to_terminal(step)

    return Agent(settings).open(Progress(tell))


def _agent(chosen: argparse.Namespace) -> int:
    agent = Agent(_settings(chosen))
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    signal.signal(signal.SIGINT, lambda *_: agent.stop())
    agent.run()
    return 0


def _update(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    with _open(settings) as update:
        Agent(settings).first_start(update)
        servers = chosen.server or [*update.servers(), *settings.servers]
        meter = Meter()
        outcome = update.over_network(servers, meter)
    print(file=sys.stderr)
    _say(outcome)
    print(f"{size(meter.bytes)} in {meter.requests} requests.")
    return 0


def _import_usb(chosen: argparse.Namespace) -> int:
    settings = _settings(chosen)
    path = _on_stick(chosen.path, settings.channel)
    with _open(settings) as update:
        outcome = update.from_stick(path)
    print(file=sys.stderr)
    _say(outcome)
    return 0


def _on_stick(path: Path, channel: str) -> Path:
    """The bundle on a stick: the file itself, or where ``publish`` puts it."""
    if path.is_file():
        return path
    for place in (path / f"{channel}.bundle", path / "bundle" / channel / "from-0"):
        if place.is_file():
            return place
    raise PublishError(
        f"{path}: there is no release for {channel} here. Copy bundle/{channel}/from-0 of the centre onto "
        f"the stick as {channel}.bundle."
    )


def _say(outcome: Outcome) -> None:
    if outcome.activated:
        print(f"Release {outcome.release} ({outcome.channel}) is here.")
    else:
        print(f"Release {outcome.release} ({outcome.channel}) was here already.")
    for line in outcome.changes:
        print(f"  {line}")


def _status(chosen: argparse.Namespace) -> int:
    data = _settings(chosen).data
    for line in read_status(data).lines(data):
        print(line)
    return 0


def _scrub(chosen: argparse.Namespace) -> int:
    with _open(_settings(chosen)) as update:
        found = update.scrub()
    for line in found:
        print(line)
    print(f"{len(found)} damaged." if found else "Every file is as it was written.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
