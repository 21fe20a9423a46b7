"""A small content folder that is good by every rule, to be broken one line at a time."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import polib  # type: ignore[import-untyped, unused-ignore]

from content.checks import check_content
from content.findings import Finding
from content.model import Content
from content.rules.case import Case
from content.source import read_content

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "content"
TODAY = date(2026, 11, 24)

STOCK_WORDS = {"ru": "слово", "uz": "soʻz", "ky": "сөз", "tk": "söz"}
"""What every English word becomes, so that translations are long enough and well spelled."""

FACTS = """\
country: RU
retrieved: "2026-11-23"
contacts:
  - {id: ru-emergency, kind: emergency, name: Emergency, phone: "112", dial_from: local, hours: 24/7,
     languages: [ru], free: true, messenger: null, url: null, address: null, source: ["https://www.112.example/a"],
     source_date: null, confidence: high, note: Works anywhere. Language list inferred.}
  - {id: ru-embassy-uz, kind: consulate, name: Embassy, phone: "+74992300076", dial_from: both,
     hours: "Mon-Fri 09:00-18:00", languages: [ru, uz], free: unknown, messenger: null, url: null,
     address: "Moscow, 12", source: ["https://embassy.example/"], source_date: "2025-01-01",
     confidence: medium, note: null}
  - {id: ru-labour, kind: labour, name: Labour line, phone: "88007000600", dial_from: local, hours: unknown,
     languages: [ru], free: false, messenger: null, url: null, address: null,
     source: ["https://labour.example/"], source_date: null, confidence: high, note: null}
  - {id: ru-doubtful, kind: ngo, name: Doubtful line, phone: "88005553535", dial_from: local, hours: unknown,
     languages: [ru], free: unknown, messenger: null, url: null, address: null,
     source: ["https://old.example/"], source_date: null, confidence: low, note: null}
  - {id: ru-silent, kind: ngo, name: Silent office, phone: null, dial_from: unknown, hours: null,
     languages: [ru], free: unknown, messenger: null, url: null, address: null,
     source: ["https://old.example/"], source_date: null, confidence: high, note: null}
facts:
  - {id: ru-fee, topic: contract_pay, applies_to: [all], confidence: high, source_date: null,
     text: "The fee is 5,000 roubles, to be paid within 90 days.", source: ["https://www.fee.example/1"]}
  - {id: ru-patent, topic: work_permit, applies_to: [UZ, TJ], confidence: medium, source_date: "2026-01-01",
     text: "A patent is applied for within 30 days.", source: ["https://patent.example/"]}
  - {id: ru-rumour, topic: money, applies_to: [all], confidence: low, source_date: null,
     text: "Rumour of 7 days.", source: ["https://rumour.example/"]}
"""

ORIGIN_FACTS = """\
country: UZ
retrieved: "2026-11-23"
contacts:
  - {id: uz-ambulance, kind: health, name: Ambulance, phone: "103", dial_from: local, hours: 24/7,
     languages: [uz], free: true, messenger: null, url: null, address: null, source: ["https://uz.example/"],
     source_date: null, confidence: high, note: null}
facts: []
"""

GUIDE = """\
destination: RU
name: Russia
tone: "#2F5D8A"
help: [ru-emergency]
articles: [pay, way]
"""

PAY = """\
id: pay
topic: contract_pay
title: Contract and pay
lead: What to sign, and when you are paid.
risk: general
verified_on: 2026-11-23
review_by: 2027-05-22
blocks:
  - id: intro
    kind: paragraph
    text: Pay the fee of **5 000** roubles within 90 days.
    facts: [ru-fee]
  - id: patent
    kind: warning
    for: [UZ, TJ]
    text: Ask for the patent within 30 days.
    facts: [ru-patent]
  - id: papers
    kind: bullets
    items:
      passport: Passport
      card: Migration card
    facts: [ru-fee]
  - id: rules
    kind: do_dont
    do:
      keep: Keep your passport.
    dont:
      give: Do not give it away.
    facts: [ru-fee]
  - id: word
    kind: phrase
    say: работа
    say_language: ru
    text: Work
    facts: [ru-fee]
  - id: call
    kind: contact
    contact: ru-labour
"""

WAY = """\
id: way
topic: return_home
title: The way home
lead: How to leave in good order.
risk: sensitive
verified_on: 2026-11-22
review_by: 2027-05-21
blocks:
  - id: head
    kind: heading
    text: Before the border
  - id: home
    kind: contact
    contact: uz-ambulance
"""

CONTACTS = """\
contacts:
  - id: ru-labour
    name: Labour line
    note: They know the rules.
    verified_on: 2026-11-23
    review_by: 2027-02-21
  - id: ru-embassy-uz
    name: Embassy of Uzbekistan
    hours: Monday to Friday 9:00-18:00
    for: [UZ]
    verified_on: 2026-11-23
    review_by: 2027-02-21
  - id: ru-emergency
    name: Emergency number
    verified_on: 2026-11-23
    review_by: 2027-02-21
"""

ORIGIN = """\
origin: UZ
name: Uzbekistan
contacts:
  - id: uz-ambulance
    name: Ambulance
    verified_on: 2026-11-23
    review_by: 2027-02-21
"""

PO_HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'

FILES = {
    "facts/ru.yaml": FACTS,
    "facts/origin-uz.yaml": ORIGIN_FACTS,
    "guides/RU/guide.yaml": GUIDE,
    "guides/RU/contacts.yaml": CONTACTS,
    "guides/RU/articles/pay.yaml": PAY,
    "guides/RU/articles/way.yaml": WAY,
    "origins/UZ.yaml": ORIGIN,
}


class Tree:
    """A content folder on disk, and the tools under test applied to it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "content"
        for name, text in FILES.items():
            self.write(name, text)
        for name in ("languages.toml", "allowed_words.toml", "forbidden.toml"):
            shutil.copy(SHIPPED / name, self.root / name)
        fonts = Path("kiosk/assets/fonts")
        (folder / fonts).mkdir(parents=True)
        for font in ("Inter-Regular.ttf", "Inter-SemiBold.ttf"):
            (folder / fonts / font).symlink_to(REPOSITORY / fonts / font)
        self.fonts = folder / fonts
        self.translate()

    def path(self, name: str) -> Path:
        """A file of the folder."""
        return self.root / name

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one piece of a file; it must be there."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def line(self, name: str, piece: str, after: str = "") -> int:
        """The number of the first line that holds a piece, looked for behind another one."""
        text = self.path(name).read_text(encoding="utf-8")
        start = text.index(after) if after else 0
        return text.count("\n", 0, text.index(piece, start)) + 1

    def translate(self) -> None:
        """Write every PO file anew from today's English."""
        content, _ = self.read()
        for home, texts in Case(content, self.root, TODAY, False).homes.items():
            for code, word in STOCK_WORDS.items():
                catalogue = polib.POFile()
                catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
                for text in texts:
                    msgstr = re.sub("[A-Za-z]+", word, text.source)
                    entry = polib.POEntry(msgctxt=text.context, msgid=text.source, msgstr=msgstr)
                    entry.tcomment = "translated"
                    catalogue.append(entry)
                catalogue.save(str(self.root / home / f"{code}.po"))

    def entry(self, name: str, context: str) -> int:
        """The line at which a PO entry starts: its comment."""
        return self.line(name, f'msgctxt "{context}"') - 1

    def read(self) -> tuple[Content, list[Finding]]:
        """What the reader makes of the folder."""
        return read_content(self.root)

    def check(self, today: date = TODAY, release: bool = False) -> list[Finding]:
        """What the lint says of the folder."""
        content, found = self.read()
        return check_content(content, self.root, today, release, found)
