"""The reader: whatever a person wrote becomes the model or a finding, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.checks import check_content
from content.model import BlockKind, ContactKind, Place, State
from content.source import read_content
from tests.content.tree import FILES, PO_HEAD, TODAY, Tree

PAY = "guides/RU/articles/pay.yaml"
CONTACTS = "guides/RU/contacts.yaml"


def test_a_good_folder_is_read_whole(tree: Tree) -> None:
    content, findings = tree.read()
    assert findings == []
    assert [guide.iso for guide in content.guides] == ["RU"]
    assert [origin.iso for origin in content.origins] == ["UZ"]
    assert [article.id for article in content.guides[0].articles] == ["pay", "way"]
    assert [language.code for language in content.languages] == ["en", "ru", "uz", "uz-Cyrl", "ky", "tk"]
    assert content.contact_facts["ru-silent"].phone is None
    assert content.contact_facts["ru-silent"].hours == "unknown"
    assert content.contact_facts["ru-embassy-uz"].free is None


def test_every_block_kind_keeps_its_parts_and_contexts(tree: Tree) -> None:
    pay = tree.read()[0].guides[0].articles[0]
    kinds = [block.kind for block in pay.blocks]
    assert kinds == [
        *(BlockKind.PARAGRAPH, BlockKind.WARNING, BlockKind.BULLETS),
        *(BlockKind.DO_DONT, BlockKind.PHRASE, BlockKind.CONTACT),
    ]
    assert pay.blocks[1].passports == ("UZ", "TJ")
    assert pay.blocks[4].say == "работа"
    assert pay.blocks[5].contact == "ru-labour"
    assert [text.context for text in pay.texts()] == [
        *("pay/title", "pay/lead", "pay/intro", "pay/patent", "pay/papers.passport", "pay/papers.card"),
        *("pay/rules.do.keep", "pay/rules.dont.give", "pay/word"),
    ]


def test_every_piece_knows_its_place(tree: Tree) -> None:
    content, _ = tree.read()
    pay = content.guides[0].articles[0]
    assert pay.title.place == Place("content/guides/RU/articles/pay.yaml", 3)
    assert pay.blocks[0].place == Place(f"content/{PAY}", tree.line(PAY, "- id: intro"))
    assert pay.blocks[2].items[1].place == Place(f"content/{PAY}", tree.line(PAY, "card: Migration"))
    contact = content.guides[0].contacts[1]
    assert contact.place == Place(f"content/{CONTACTS}", tree.line(CONTACTS, "- id: ru-embassy-uz"))
    assert contact.fact.kind is ContactKind.CONSULATE
    uz = next(language for language in content.languages if language.code == "uz")
    assert uz.place == Place("content/languages.toml", tree.line("languages.toml", "[uz]"))


def test_translations_carry_state_english_and_place(tree: Tree) -> None:
    entry = tree.read()[0].translations["guides/RU", "ru"]["pay/title"]
    assert (entry.text, entry.made_from) == ("слово слово слово", "Contract and pay")
    assert entry.state is State.TRANSLATED
    assert entry.place == Place("content/guides/RU/ru.po", tree.entry("guides/RU/ru.po", "pay/title"))


def test_uzbek_cyrillic_is_generated_and_can_be_overridden(tree: Tree) -> None:
    tree.write(
        "guides/RU/uz-Cyrl.po",
        PO_HEAD + '# reviewed\nmsgctxt "pay/title"\nmsgid "Contract and pay"\nmsgstr "Шартнома"\n',
    )
    content, findings = tree.read()
    catalogue = content.translations["guides/RU", "uz-Cyrl"]
    assert findings == []
    assert catalogue["pay/title"].text == "Шартнома"
    assert catalogue["pay/title"].place.file == "content/guides/RU/uz-Cyrl.po"
    assert catalogue["pay/lead"].text.lower().startswith("сўз")
    assert catalogue["pay/lead"].place.file == "content/guides/RU/uz.po"


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "where"),
    [
        (PAY, "risk: general", "risk: general\ncolour: red", "schema", "colour"),
        (PAY, "lead: What to sign, and when you are paid.\n", "", "schema", "id: pay"),
        (PAY, "topic: contract_pay", "topic: pay", "schema", "topic:"),
        (PAY, "risk: general", "risk: none", "schema", "risk:"),
        (PAY, "kind: warning", "kind: alarm", "schema", "kind: alarm"),
        (PAY, "for: [UZ, TJ]", "for: [UZ, RU]", "schema", "for: [UZ, RU]"),
        (PAY, "for: [UZ, TJ]", "for: []", "schema", "for: []"),
        (PAY, "verified_on: 2026-11-23", "verified_on: 23.11.2026", "schema", "23.11.2026"),
        (PAY, "review_by: 2027-05-22", "review_by: 2027-02-30", "schema", "2027-02-30"),
        (PAY, "verified_on: 2026-11-23\n", "", "review-date", "id: pay"),
        (PAY, "**5 000**", "**5 000", "schema", "**5 000"),
        (PAY, "text: Work", "text: 12", "schema", "text: 12"),
        (PAY, "text: Work", "text: [Work]", "schema", "text: [Work]"),
        (PAY, "text: Work", "text: |\n      Work\n      hard", "schema", "text: |"),
        (PAY, "passport: Passport", "passport: ''", "schema", "passport: ''"),
        (PAY, "facts: [ru-patent]", "facts: ru-patent", "schema", "facts: ru-patent"),
        (
            PAY,
            "    do:\n      keep: Keep your passport.\n",
            "    done:\n      keep: Keep.\n",
            "schema",
            "done:",
        ),
        (PAY, "- id: intro", "- id: Intro!", "block-id", "Intro!"),
        (PAY, "- id: intro", "- id: title", "block-id", "- id: title"),
        (PAY, "- id: papers", "- id: intro", "block-id", "- id: intro\n    kind: bullets"),
        (PAY, "card: Migration card", "passport: Migration card", "block-id", "passport: Migration"),
        (PAY, "card: Migration card", "Card_1: Migration card", "block-id", "Card_1"),
        (PAY, "id: pay", "id: wages", "block-id", "id: wages"),
        (CONTACTS, "id: ru-labour", "id: ru-nobody", "schema", "id: ru-nobody"),
        (CONTACTS, "id: ru-embassy-uz", "id: ru-labour", "schema", "- id: ru-labour\n    name: Emb"),
        (CONTACTS, "    review_by: 2027-02-21\n", "", "review-date", "- id: ru-labour"),
        ("guides/RU/guide.yaml", "destination: RU", "destination: KR", "schema", "destination: KR"),
        ("guides/RU/guide.yaml", '"#2F5D8A"', "blue", "schema", "tone: blue"),
        ("guides/RU/guide.yaml", "name: Russia", "name: Russia\nname: Rus", "schema", "name: Rus\n"),
        ("origins/UZ.yaml", "origin: UZ", "origin: KZ", "schema", "origin: KZ"),
        ("facts/ru.yaml", 'phone: "112"', "phone: 112", "schema", "phone: 112"),
        ("facts/ru.yaml", "kind: consulate", "kind: embassy", "schema", "kind: embassy"),
        ("facts/ru.yaml", "applies_to: [UZ, TJ]", "applies_to: [UZ, US]", "schema", "applies_to: [UZ, US]"),
        ("facts/ru.yaml", "id: ru-rumour", "id: ru-fee", "schema", "{id: ru-fee, topic: money"),
        ("facts/ru.yaml", "id: ru-rumour", "id: ru-labour", "schema", "{id: ru-labour, topic"),
    ],
)
def test_a_mistake_is_a_finding_with_its_line(
    tree: Tree, name: str, old: str, new: str, rule: str, where: str
) -> None:
    tree.replace(name, old, new)
    line = tree.line(name, where)
    _, findings = tree.read()
    assert [(one.place, one.rule) for one in findings if one.place.file == f"content/{name}"][:1] == [
        (Place(f"content/{name}", line), rule)
    ]
    assert all(one.fix and one.severity == "error" for one in findings)


def test_all_mistakes_of_a_piece_are_told_at_once(tree: Tree) -> None:
    tree.replace(PAY, "topic: contract_pay", "topic: pay")
    tree.replace(PAY, "risk: general", "risk: none")
    tree.replace(PAY, "kind: warning", "kind: alarm")
    assert len(tree.read()[1]) == 3


def test_a_broken_block_leaves_the_others(tree: Tree) -> None:
    tree.replace(PAY, "kind: warning", "kind: alarm")
    content, _ = tree.read()
    assert [block.id for block in content.guides[0].articles[0].blocks] == [
        *("intro", "papers", "rules", "word", "call")
    ]


def test_a_missing_and_an_unlisted_article_are_told(tree: Tree) -> None:
    tree.path("guides/RU/articles/way.yaml").rename(tree.path("guides/RU/articles/home.yaml"))
    files = {(one.place.file, one.rule) for one in tree.read()[1]}
    assert files == {
        ("content/guides/RU/articles/way.yaml", "schema"),
        ("content/guides/RU/articles/home.yaml", "schema"),
    }


def test_article_ids_that_name_something_else_are_refused(tree: Tree) -> None:
    tree.path(PAY).rename(tree.path("guides/RU/articles/contacts.yaml"))
    tree.replace("guides/RU/articles/contacts.yaml", "id: pay", "id: contacts")
    tree.replace("guides/RU/guide.yaml", "[pay, way]", "[contacts, way]")
    assert [one.rule for one in tree.read()[1]] == ["block-id"]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("id: pay\n  topic: [\n", 3),
        ("", 1),
        ("- a\n", 1),
        ("a: &a [*a]\n", 1),
        ("%bad\n", 1),
        ("[" * 3000, 2),
    ],
)
def test_a_file_that_is_no_article(tree: Tree, text: str, last: int) -> None:
    tree.write(PAY, text)
    findings = tree.read()[1]
    assert findings[0].place.file == f"content/{PAY}"
    assert findings[0].rule == "schema"
    assert findings[0].place.line <= last


def test_a_file_that_is_not_utf_8(tree: Tree) -> None:
    tree.path(PAY).write_bytes(b"id: \xff\xfe\n")
    assert "UTF-8" in tree.read()[1][0].message


def test_broken_languages_leave_the_rest(tree: Tree) -> None:
    tree.replace("languages.toml", 'endonym = "English"', "endonym = English")
    content, findings = tree.read()
    assert findings[0].place == Place("content/languages.toml", tree.line("languages.toml", "= English"))
    assert content.languages == () and len(content.guides) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('script = "Cyrl"\n', ""),
        ('fallback = ["en"]', 'fallback = ["fr"]'),
        ('"декабря"]', '"декабря", "x"]'),
        ('greeting = "Счастливого пути"', "greeting = 1"),
        ('greeting = "Счастливого пути"', 'greeting = "a"\ncolour = "b"'),
    ],
)
def test_a_broken_language_is_left_out(tree: Tree, old: str, new: str) -> None:
    tree.replace("languages.toml", old, new)
    content, findings = tree.read()
    place = Place("content/languages.toml", tree.line("languages.toml", "[ru]"))
    assert {(one.place, one.rule) for one in findings if one.place == place} == {(place, "schema")}
    assert "ru" not in [language.code for language in content.languages]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('msgctxt "pay/title"\n', "", "schema"),
        ('msgctxt "pay/lead"', 'msgctxt "pay/title"', "schema"),
        ("# translated\n", "", "state"),
        ("# translated\n", "# translated\n# reviewed\n", "state"),
        ("# translated\n", "# translated\n#, fuzzy\n", "state"),
        ('msgid "Passport"', "msgid Passport", "schema"),
        ('msgid "Passport"\n', 'msgid "Passport"\nmsgid_plural "Passports"\n', "schema"),
    ],
)
def test_mistakes_in_a_po_file(tree: Tree, old: str, new: str, rule: str) -> None:
    tree.replace("guides/RU/ru.po", old, new)
    assert [one.rule for one in tree.read()[1]] == [rule]


def test_a_bold_mark_left_open_in_a_translation(tree: Tree) -> None:
    tree.replace("guides/RU/ru.po", 'msgstr "слово слово слово слово **5 000**', 'msgstr "слово **5 000')
    place = Place("content/guides/RU/ru.po", tree.entry("guides/RU/ru.po", "pay/intro"))
    assert [(one.place, one.rule) for one in tree.read()[1]] == [(place, "schema")]


def test_a_po_file_of_an_unknown_language(tree: Tree) -> None:
    tree.path("guides/RU/ru.po").rename(tree.path("guides/RU/rus.po"))
    assert [str(one.place) for one in tree.read()[1]] == ["content/guides/RU/rus.po:1"]


def test_an_empty_folder_is_findings_too(tmp_path: Path) -> None:
    content, findings = read_content(tmp_path)
    assert content.guides == () and [one.rule for one in findings] == ["schema"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("shared"))


MUTABLE = (
    *FILES,
    "languages.toml",
    "guides/RU/ru.po",
    "origins/uz.po",
    "allowed_words.toml",
    "forbidden.toml",
)
GARBAGE = st.sampled_from(
    ["\t", "- ", ": ", "{", "[", "'", '"', "&a", "*a", "!!x", "null", "\x00", "é", "~", "|"]
)


@given(data=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mutation_of_the_files_crashes_reader_or_lint(shared: Tree, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(MUTABLE))
    original = shared.path(name).read_text(encoding="utf-8")
    lines = original.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1)) if lines else 0
        if data.draw(st.booleans()):
            del lines[at : at + data.draw(st.integers(1, 4))]
        elif lines:
            column = data.draw(st.integers(0, len(lines[at])))
            garbage = data.draw(GARBAGE | st.text(max_size=5))
            lines[at] = lines[at][:column] + garbage + lines[at][column:]
    try:
        shared.path(name).write_text("".join(lines), encoding="utf-8", errors="replace")
        content, findings = read_content(shared.root)
        check_content(content, shared.root, TODAY, True, findings)
        assert all(one.place.file.startswith("content/") and one.place.line >= 1 for one in findings)
    finally:
        shared.write(name, original)
