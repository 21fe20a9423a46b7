"""The lint: a good tree passes; each rule finds its mistake at the right line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.checks import check_content
from content.findings import Finding
from content.phones import group_digits, is_valid
from content.rules.numbers import called, dialled, numbers
from content.rules.wording import sentences
from content.source import read_content
from tests.content.tree import PO_HEAD, SHIPPED, TODAY, Tree

GUIDE = "guides/RU/guide.yaml"
PAY = "guides/RU/articles/pay.yaml"
WAY = "guides/RU/articles/way.yaml"
CONTACTS = "guides/RU/contacts.yaml"
RU, UZ, KY, TK = (f"guides/RU/{code}.po" for code in ("ru", "uz", "ky", "tk"))


def brief(findings: list[Finding]) -> set[tuple[str, str, str]]:
    """Place, severity and rule of each finding."""
    return {(str(one.place), one.severity, one.rule) for one in findings}


def at(tree: Tree, name: str, piece: str, after: str = "") -> str:
    """The place of a piece of a file."""
    return f"content/{name}:{tree.line(name, piece, after)}"


def entry(tree: Tree, name: str, context: str) -> str:
    """The place of a PO entry."""
    return f"content/{name}:{tree.entry(name, context)}"


def test_a_good_folder_has_no_findings(tree: Tree) -> None:
    assert tree.check() == []


def test_shipped_content_is_clean() -> None:
    content, found = read_content(SHIPPED)
    findings = check_content(content, SHIPPED, TODAY, found=found)
    assert [str(one) for one in findings if one.severity == "error"] == []


def test_findings_of_the_reader_are_part_of_the_result(tree: Tree) -> None:
    tree.replace(PAY, "- id: intro", "- id: Intro!")
    assert (at(tree, PAY, "Intro!"), "error", "block-id") in brief(tree.check())


# -- English texts: (file, old, new, rule, severity, where the finding stands)

ENGLISH = [
    # sentence-length
    (PAY, "Keep your passport.", "Keep " + "it " * 20 + "here.", "sentence-length", "error", "keep:"),
    # titles
    (PAY, "title: Contract and pay", "title: " + "Contract pay " * 3, "titles", "error", "title:"),
    (PAY, "title: Contract and pay", "title: Danger signs", "titles", "error", "title:"),
    (PAY, "title: Contract and pay", "title: The police", "titles", "error", "title:"),
    (PAY, "lead: What to sign", "lead: Who exploits you, what to sign", "titles", "error", "lead:"),
    (CONTACTS, "name: Labour line", "name: Line for victims", "titles", "error", "name: Line for"),
    (PAY, "Keep your passport.", "You will be safe.", "titles", "error", "keep:"),
    (PAY, "Keep your passport.", "Why **did** you not keep it?", "titles", "error", "keep:"),
    # letters and glyphs
    (PAY, "Keep your passport.", "Keep your pаssport.", "letters", "error", "keep:"),
    (PAY, "say: работа", "say: 일", "glyphs", "error", "- id: word"),
    (PAY, "Keep your passport.", "Keep your passport ☃.", "glyphs", "error", "keep:"),
    # block-fact
    (PAY, "    facts: [ru-patent]\n", "", "block-fact", "error", "- id: patent"),
    (PAY, "facts: [ru-patent]", "facts: [ru-nothing]", "block-fact", "error", "- id: patent"),
    (PAY, "facts: [ru-patent]", "facts: [ru-rumour, ru-patent]", "block-fact", "error", "- id: patent"),
    (PAY, "for: [UZ, TJ]", "for: [UZ, TJ, KG]", "block-fact", "error", "- id: patent"),
    (PAY, "    for: [UZ, TJ]\n", "", "block-fact", "error", "- id: patent"),
    (PAY, "within 30 days", "within 31 days", "block-fact", "error", "text: Ask"),
    (PAY, "facts: [ru-fee]", "facts: [ru-fee, ru-patent]", "block-fact", "warning", "- id: intro"),
    # phone
    (PAY, "Keep your passport.", "Call 8 800 555 35 35.", "phone", "error", "keep:"),
    (PAY, "lead: What to sign", "lead: Call 911, what to sign", "phone", "error", "lead:"),
    (CONTACTS, "note: They know the rules.", "note: Write to +7 999 111 22 33.", "phone", "error", "note:"),
    (CONTACTS, "id: ru-labour", "id: ru-doubtful", "phone", "error", "- id: ru-doubtful"),
    (CONTACTS, "id: ru-labour", "id: ru-silent", "phone", "error", "- id: ru-silent"),
    ("facts/ru.yaml", "+74992300076", "+749923000", "phone", "error", None),
    # hours
    (CONTACTS, "9:00-18:00", "9:00-19:00", "hours", "error", "hours:"),
    (CONTACTS, "    hours: Monday to Friday 9:00-18:00\n", "", "hours", "error", "- id: ru-embassy-uz"),
    (CONTACTS, "name: Labour line", "name: Labour line\n    hours: By day", "hours", "error", "hours: By"),
    # review-date
    (PAY, "verified_on: 2026-11-23\n", "", "review-date", "error", "id: pay"),
    (PAY, "verified_on: 2026-11-23", "verified_on: 2026-11-25", "review-date", "error", "id: pay"),
    (PAY, "review_by: 2027-05-22", "review_by: 2026-11-23", "review-date", "error", "id: pay"),
    (CONTACTS, "review_by: 2027-02-21", "review_by: 2026-11-01", "review-date", "error", "- id: ru-labour"),
    # help
    (GUIDE, "help: [ru-emergency]", "help: [ru-nobody]", "help", "error", "destination"),
    (GUIDE, "help: [ru-emergency]", "help: [ru-embassy-uz]", "help", "error", "destination"),
    (GUIDE, "help: [ru-emergency]", "help: []", "help", "error", "destination"),
    # coverage
    (WAY, "- id: home", "- id: home\n    for: [UZ]", "coverage", "error", "id: way"),
    (PAY, "contact: ru-labour", "contact: ru-doubtful", "coverage", "error", "- id: call"),
    (PAY, "contact: ru-labour", "contact: ru-embassy-uz", "coverage", "error", "- id: call"),
    (CONTACTS, "    for: [UZ]\n", "", "coverage", "warning", "- id: ru-embassy-uz"),
]


@pytest.mark.parametrize(("name", "old", "new", "rule", "severity", "where"), ENGLISH)
def test_a_mistake_in_english_is_found_where_it_stands(
    tree: Tree, name: str, old: str, new: str, rule: str, severity: str, where: str | None
) -> None:
    tree.replace(name, old, new)
    place = at(tree, name, where) if where else at(tree, CONTACTS, "- id: ru-embassy-uz")
    assert (place, severity, rule) in brief(tree.check())


# -- translations: (file, old, new, rule, severity, context)

LONG_TITLE = 'msgstr "' + "слово" * 8 + '"'
LONG_SENTENCE = 'msgstr "' + "слово " * 21

TRANSLATED = [
    (RU, "# translated\n", "", "state", "error", "guide/name"),
    (
        RU,
        'msgid "Keep your passport."',
        'msgid "Keep it."',
        "outdated-translation",
        "error",
        "pay/rules.do.keep",
    ),
    (RU, '"pay/rules.do.keep"', '"pay/rules.do.hold"', "orphan-translation", "error", "pay/rules.do.hold"),
    (RU, "**5 000**", "5 000", "placeholders", "error", "pay/intro"),
    (RU, "**5 000**", "**5 001**", "placeholders", "error", "pay/intro"),
    (RU, "**5 000**", "**5 000** {x}", "placeholders", "error", "pay/intro"),
    (KY, "**5 000**", "**5 000** 10", "placeholders", "error", "pay/intro"),
    (KY, 'msgstr "сөз сөз сөз сөз', 'msgstr "сөз Fee сөз', "letters", "error", "pay/intro"),
    (RU, 'msgstr "слово слово слово слово', 'msgstr "слово cлово', "letters", "error", "pay/intro"),
    (RU, 'msgstr "слово слово слово слово', 'msgstr "слово ўзбек', "letters", "error", "pay/intro"),
    (UZ, 'msgstr "soʻz soʻz soʻz soʻz', "msgstr \"soʻz so'z", "letters", "error", "pay/intro"),
    (UZ, 'msgstr "soʻz soʻz soʻz soʻz', 'msgstr "soʻz so‘z', "letters", "error", "pay/intro"),
    (TK, 'msgstr "söz söz söz söz', 'msgstr "söz visa', "letters", "error", "pay/intro"),
    (RU, 'msgstr "слово слово слово"', 'msgstr "Contract and pay"', "script", "error", "pay/title"),
    (TK, 'msgstr "söz söz söz"', 'msgstr "слово слово"', "script", "error", "pay/title"),
    (RU, 'msgstr "слово слово слово"', LONG_TITLE, "titles", "error", "pay/title"),
    (RU, 'msgstr "слово слово слово"', 'msgstr "Опасные признаки"', "titles", "error", "pay/title"),
    (RU, 'msgstr "слово слово слово"', 'msgstr "О полиции"', "titles", "error", "pay/title"),
    (UZ, 'msgstr "soʻz soʻz soʻz"', 'msgstr "Xavfli belgilar"', "titles", "error", "pay/title"),
    (KY, 'msgstr "сөз сөз сөз"', 'msgstr "Полиция"', "titles", "error", "pay/title"),
    (TK, 'msgstr "söz söz söz"', 'msgstr "Polisiýa"', "titles", "error", "pay/title"),
    (RU, 'msgstr "слово слово слово слово', LONG_SENTENCE, "sentence-length", "warning", "pay/intro"),
    (RU, 'msgstr "слово слово слово слово', 'msgstr "8 800 555 35 35 слово', "phone", "error", "pay/intro"),
    (RU, 'msgstr "слово слово слово слово', 'msgstr "Мы гарантируем', "titles", "error", "pay/intro"),
]


@pytest.mark.parametrize(("name", "old", "new", "rule", "severity", "context"), TRANSLATED)
def test_a_mistake_in_a_translation_is_found_where_it_stands(
    tree: Tree, name: str, old: str, new: str, rule: str, severity: str, context: str
) -> None:
    tree.replace(name, old, new)
    # An entry starts at its comment; where the state is missing there is none.
    place = at(tree, name, f'msgctxt "{context}"') if rule == "state" else entry(tree, name, context)
    assert (place, severity, rule) in brief(tree.check())


def test_a_missing_translation_is_told_at_its_english(tree: Tree) -> None:
    tree.replace(RU, 'msgid "Passport"\nmsgstr "слово"', 'msgid "Passport"\nmsgstr ""')
    assert brief(tree.check()) == {(at(tree, PAY, "passport: Passport"), "error", "missing-translation")}


def test_a_missing_catalogue_is_one_finding(tree: Tree) -> None:
    tree.path(TK).unlink()
    assert brief(tree.check()) == {(f"content/{TK}:1", "error", "missing-translation")}


def test_a_broken_article_makes_no_orphans(tree: Tree) -> None:
    tree.replace(PAY, "topic: contract_pay", "topic: pay")
    assert {one.rule for one in tree.check()} == {"schema"}


def test_generated_text_is_judged_where_it_is_made_from(tree: Tree) -> None:
    tree.replace(UZ, 'msgstr "soʻz soʻz soʻz"', 'msgstr "Odam savdosi"')
    told = [one for one in tree.check() if one.message.startswith("uz-Cyrl:")]
    assert {(str(one.place), one.rule) for one in told} == {(entry(tree, UZ, "pay/title"), "titles")}


def test_an_override_of_generated_text_can_be_outdated(tree: Tree) -> None:
    name = "guides/RU/uz-Cyrl.po"
    tree.write(name, PO_HEAD + '# reviewed\nmsgctxt "pay/title"\nmsgid "Pay"\nmsgstr "Сўз"\n')
    assert brief(tree.check()) == {(entry(tree, name, "pay/title"), "error", "outdated-translation")}


@pytest.mark.parametrize("word", ["SIM", "EPS-TOPIK", "E-9", "WhatsApp", "ruID", "SIM-слово"])
def test_allowed_names_stay_in_their_letters(tree: Tree, word: str) -> None:
    english = word.replace("-слово", "")
    tree.replace(PAY, "Keep your passport.", f"Keep {english}.")
    tree.replace("facts/ru.yaml", "within 90 days.", "within 90 days or 9.")
    tree.translate()
    tree.replace(RU, f'msgid "Keep {english}."\nmsgstr "', f'msgid "Keep {english}."\nmsgstr "{word} ')
    findings = [one for one in tree.check() if one.place.file.endswith("ru.po")]
    assert {one.rule for one in findings} <= {"placeholders"}


def test_a_name_with_an_ending_glued_on_is_a_mixed_word(tree: Tree) -> None:
    tree.replace(RU, 'msgstr "слово слово слово"', 'msgstr "SIMка"')
    assert (entry(tree, RU, "pay/title"), "error", "letters") in brief(tree.check())


def test_the_fix_names_the_uzbek_letters(tree: Tree) -> None:
    tree.replace(UZ, 'msgstr "soʻz soʻz soʻz"', 'msgstr "so\'z"')
    found = [one for one in tree.check() if one.rule == "letters"]
    assert "U+02BB" in found[0].fix and "U+02BC" in found[0].fix


def test_a_missing_font_is_one_clear_error(tree: Tree) -> None:
    for font in tree.fonts.iterdir():
        font.unlink()
    findings = tree.check()
    assert brief(findings) == {("kiosk/assets/fonts/Inter-Regular.ttf:1", "error", "glyphs")}


@pytest.mark.parametrize("name", ["allowed_words.toml", "forbidden.toml"])
@pytest.mark.parametrize("text", [None, "ru = [", "ru = 1", "[ru]\nwords = [1]\nstems = [1]"])
def test_a_broken_word_list_is_a_finding(tree: Tree, name: str, text: str | None) -> None:
    if text is None:
        tree.path(name).unlink()
    else:
        tree.write(name, text)
    assert [str(one.place) for one in tree.check() if one.place.file == f"content/{name}"] == [
        f"content/{name}:1"
    ]


def test_long_winded_articles_get_a_warning(tree: Tree) -> None:
    for old in ("What to sign, and when you are paid.", "Keep your passport.", "Do not give it away."):
        tree.replace(PAY, old, "Keep " + "it " * 17 + "here.")
    tree.replace(PAY, "passport: Passport", "passport: Keep " + "it " * 17 + "here.")
    tree.replace(PAY, "card: Migration card", "card: Keep " + "it " * 17 + "here.")
    tree.translate()
    found = {one for one in brief(tree.check()) if one[2] != "duplicate"}
    assert {("content/guides/RU/articles/pay.yaml:1", "warning", "sentence-length")} == found


def test_review_dates_that_are_past(tree: Tree) -> None:
    late = date(2027, 3, 1)
    contacts = {at(tree, CONTACTS, f"- id: {one}") for one in ("ru-labour", "ru-embassy-uz", "ru-emergency")}
    contacts.add(at(tree, "origins/UZ.yaml", "- id: uz-ambulance"))
    assert brief(tree.check(late)) == {(place, "warning", "review-date") for place in contacts}
    released = {one for one in brief(tree.check(late, release=True)) if one[2] == "review-date"}
    assert released == {(place, "error", "review-date") for place in contacts}
    assert tree.check(date(2027, 2, 21)) == []


def test_a_release_wants_confirmed_contacts(tree: Tree) -> None:
    medium, high = at(tree, CONTACTS, "- id: ru-embassy-uz"), at(tree, CONTACTS, "- id: ru-labour")
    findings = brief(tree.check(release=True))
    assert (medium, "error", "confirmed") in findings
    assert (high, "warning", "confirmed") in findings
    tree.replace(CONTACTS, "    for: [UZ]", "    for: [UZ]\n    confirmed_on: 2026-11-23")
    assert not {one for one in brief(tree.check(release=True)) if one[1] == "error"}


def test_a_block_may_rest_on_a_contact_of_the_facts(tree: Tree) -> None:
    tree.replace(PAY, "Keep your passport.", "Call 112.")
    tree.replace(PAY, "Do not give it away.\n    facts: [ru-fee]", "Do not wait.\n    facts: [ru-emergency]")
    tree.translate()
    assert tree.check() == []


def test_facts_of_another_destination_are_refused(tree: Tree) -> None:
    tree.replace("facts/ru.yaml", "country: RU", "country: KR")
    assert (at(tree, PAY, "- id: intro"), "error", "block-fact") in brief(tree.check())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5,000 and 5 000 and 5.000", ["5000", "5000", "5000"]),
        ("10 000 000", ["10000000"]),
        ("at 09:30, 24/7", ["9", "30", "24", "7"]),
        ("1 July 2026", ["1", "2026"]),
        ("2.5 and 2,5", ["2.50", "2.50"]),
        ("E-9 after 0 days", ["9", "0"]),
    ],
)
def test_numbers_of_a_text(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ring 8 800 700-06-00 now", ["8 800 700-06-00"]),
        ("+7 (499) 230-00-76.", ["+7 (499) 230-00-76"]),
        ("*3450 or #9110", ["*3450", "#9110"]),
        ("from 2025-2026 and 2026-11-23", []),
        ("90 days, 5 000 roubles, 09:00-18:00", []),
    ],
)
def test_what_looks_like_a_telephone_number(text: str, expected: list[str]) -> None:
    assert list(dialled(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call 112 at once.", ["112"]),
        ("Ring the number 103.", ["103"]),
        ("Call within 30 days. Dial 24 hours.", []),
        ("You may dial *123 too", ["*123"]),
    ],
)
def test_short_codes_that_a_text_tells_to_call(text: str, expected: list[str]) -> None:
    assert list(called(text)) == expected


def test_words_of_sentences() -> None:
    assert sentences("Keep your ID-card. It is yours! Open 24/7") == [3, 3, 2]


@pytest.mark.parametrize(
    ("phone", "country", "shown"),
    [
        ("+74992300076", "RU", "+7 499 230 00 76"),
        ("88007000600", "RU", "8 800 700 06 00"),
        ("15770071", "KR", "1577 0071"),
        ("112", "RU", "112"),
        ("116117", "DE", "116117"),
        ("*3450", "IL", "*3450"),
        ("0120004008", "JP", "0120 004 008"),
        ("03001114160", "SA", "030 011 141 60"),
        ("+1", "US", "+1"),
    ],
)
def test_grouped_digits(phone: str, country: str, shown: str) -> None:
    assert group_digits(phone, country) == shown


@given(
    phone=st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True), country=st.sampled_from(["RU", "KR", "SA", "JP"])
)
def test_grouping_never_changes_a_digit(phone: str, country: str) -> None:
    assert group_digits(phone, country).replace(" ", "") == phone


def test_valid_numbers() -> None:
    assert is_valid("+74992300076") and is_valid("+821345")
    assert not is_valid("+749923000") and not is_valid("+") and not is_valid("112")
