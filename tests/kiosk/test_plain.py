"""The Kivy-free parts of the kiosk: panel, theme, settings, visit, words, releases."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.library import LibraryError
from content.source import read_content
from kiosk.i18n import Words
from kiosk.panel import PANELS, Panel
from kiosk.releases import open_active
from kiosk.settings import AIRPORTS, SettingsError, _read, read_settings
from kiosk.theme import CONTRAST, LIGHT, ROLES, Style, colour, contrast_ratio
from kiosk.visit import START, Route, Visit
from tests.kiosk.app import LIBRARY, ROOT, library

GROUNDS = ("lake", "mist", "apricot", "sand", "garden", "leaf", "card")


@given(st.floats(0.1, 500), st.floats(1, 10))
def test_pixels_are_never_less_than_the_millimetres(millimetres, density):
    panel = Panel("any", 100, 100, density)
    assert panel.px(millimetres) >= millimetres * density - 1e-6
    assert panel.px(millimetres) < millimetres * density + 1


@pytest.mark.parametrize("palette", [LIGHT, CONTRAST], ids=["light", "contrast"])
def test_every_text_pair_is_seven_to_one_and_every_edge_three(palette):
    shade = {token: colour(code) for token, code in palette.items()}
    for ground in GROUNDS:
        assert contrast_ratio(shade[f"on_{ground}"], shade[ground]) >= 7, ground
        edge = max(
            contrast_ratio(shade[f"{ground}_edge"], shade["ground"]),
            contrast_ratio(shade[ground], shade["ground"]),
        )
        assert edge >= 3, ground
    for ink in ("ink", "quiet"):
        assert contrast_ratio(shade[ink], shade["ground"]) >= 7


def test_both_palettes_have_the_same_tokens():
    assert set(LIGHT) == set(CONTRAST)


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.name)
def test_capitals_are_as_high_as_the_role_says(panel):
    for large in (False, True):
        style = Style(panel, large=large)
        for role, kind in ROLES.items():
            grown = kind.capital * (1.5 if large and kind.grows else 1)
            assert style.font_size(role) * 1490 / 2048 >= grown * panel.density - 0.01


@pytest.mark.parametrize("airport", list(_read(AIRPORTS)))
def test_every_airport_is_one_line_and_its_help_number_is_in_the_facts(tmp_path, airport):
    path = tmp_path / "kiosk.toml"
    path.write_text(f'airport = "{airport}"\n')
    settings = read_settings(path, tmp_path)
    content, _ = read_content(ROOT / "content")
    fact = content.contact_facts[settings.help_contact]
    assert fact.phone == settings.help_phone
    assert fact.confidence == "high"
    assert set(settings.languages) == {language.code for language in content.languages}
    assert set(settings.airport_names) == set(settings.languages)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "airport is missing"),
        ('airport = "mars"', "'mars' is not known. Use one of: tashkent"),
        ('airport = "tashkent"\ncolour = 1', "'colour' is not known"),
        ('airport = "tashkent"\npanel = "huge"', "panel = 'huge'"),
        ('airport = "tashkent"\npassport = "XX"', "passport"),
        ('airport = "tashkent"\nidle_seconds = 1', "idle_seconds"),
        ('airport = "tashkent"\nwindowed = "yes"', "wrong type"),
        ('airport = "tashkent"\nagent = 1', "wrong type"),
        ("airport = tashkent", "not readable as TOML"),
        ("\udcff", "not readable"),
    ],
)
def test_a_bad_settings_file_is_one_clear_message(tmp_path, text, says):
    path = tmp_path / "kiosk.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError) as error:
        read_settings(path, tmp_path)
    assert str(path) in str(error.value)
    assert says in str(error.value)


def test_the_agents_table_is_the_agents(tmp_path):
    path = tmp_path / "kiosk.toml"
    path.write_text('airport = "tashkent"\n')
    alone = read_settings(path, tmp_path)
    path.write_text('airport = "tashkent"\n[agent]\nservers = ["https://centre.example"]\nodd = 1\n')
    assert read_settings(path, tmp_path) == alone


def test_a_missing_settings_file_says_what_to_write(tmp_path):
    with pytest.raises(SettingsError, match='airport = "tashkent"'):
        read_settings(tmp_path / "kiosk.toml", tmp_path)


@given(st.lists(st.sampled_from(["destinations", "guide", "article", "back", "end"]), max_size=30))
def test_a_visit_never_loses_its_start_and_its_end_forgets_all(steps):
    visit = Visit("uz", "UZ")
    visit.large = True
    for step in steps:
        if step == "back":
            visit.back()
        elif step == "end":
            visit.end()
            assert visit == Visit("uz", "UZ")
        else:
            visit.go(Route(step, "RU"))
        assert visit.trail[0] == START
        assert len(set(visit.trail)) == len(visit.trail)
    visit.end()
    assert visit == Visit("uz", "UZ")


def test_words_fall_back_along_the_chain(tmp_path):
    words = Words(ROOT / "locales", {"uz-Cyrl": ["uz"], "kk": ["ru", "en"]})
    assert words.say("uz-Cyrl", "Finish") == "Тугатиш"
    assert words.say("kk", "Finish") == "Закончить"
    assert words.say("en", "Finish") == "Finish"
    assert Words(tmp_path, {}).say("ru", "Finish") == "Finish"


def test_the_newest_whole_release_is_shown_and_a_broken_one_passed_over(tmp_path):
    for number in (1, 2, 10):
        folder = tmp_path / "releases" / str(number)
        folder.mkdir(parents=True)
        shutil.copy(LIBRARY, folder / "library.sqlite")
    newest = tmp_path / "releases" / "10" / "library.sqlite"
    assert open_active(tmp_path).library.info() == library().info()
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    assert open_active(tmp_path).library.info() == library().info()
    for number in (1, 2):
        (tmp_path / "releases" / str(number) / "library.sqlite").write_bytes(b"rubbish")
    with pytest.raises(LibraryError, match=r"library\.sqlite") as error:
        open_active(tmp_path)
    assert "make run" in str(error.value)


def test_no_release_at_all_is_a_clear_message(tmp_path):
    with pytest.raises(LibraryError, match="there is no release"):
        open_active(tmp_path)
