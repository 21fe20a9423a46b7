"""What a traveller does, by touches on a real window."""

from __future__ import annotations

import pytest

from kiosk.visit import NEUTRAL, START, Route


def open_guide(driver, language="English", destination="Russia"):
    driver.press(language)
    driver.press(destination)


def texts(driver) -> list[str]:
    """Every text on the glass, scrolled through."""
    from kiosk.widgets.words import Words

    found = [part.text for part in driver.kiosk.screen.walk(restrict=True) if isinstance(part, Words)]
    for item in driver.kiosk.screen.scroll.items:
        found += [part.text for part in item.walk(restrict=True) if isinstance(part, Words)]
    return found


def test_three_taps_reach_a_page_and_a_fourth_a_code(driver):
    open_guide(driver)
    driver.press("Before you board")
    assert driver.kiosk.visit.route == Route("article", "RU", "before")
    driver.press("Emergency number")
    assert driver.kiosk.screen.code.payload == "tel:112"


def test_language_changes_anywhere_and_keeps_the_place(driver):
    open_guide(driver)
    driver.press("Health")
    driver.press("Other language")
    driver.press("Русский")
    assert driver.kiosk.visit.route == Route("article", "RU", "health")
    assert "Здоровье" in texts(driver)
    driver.press("Назад")
    assert driver.kiosk.visit.route == Route("guide", "RU")


def test_passport_changes_the_rules_that_show(driver):
    open_guide(driver)
    driver.press("Permission to work")
    assert any("patent" in text for text in texts(driver))
    driver.press("Go back")
    driver.press("Passport: Uzbekistan")
    driver.press("Kyrgyzstan")
    assert "Passport: Kyrgyzstan" in [control.spoken for control in driver.controls()]
    driver.press("Permission to work")
    shown = texts(driver)
    assert any("no patent and no permit" in text for text in shown)
    assert not any("Apply for the patent" in text for text in shown)


def test_own_embassy_stands_first_and_the_emergency_number_at_the_foot(driver):
    open_guide(driver)
    driver.press("Useful numbers")
    shown = texts(driver)
    assert shown.index("Embassy of Uzbekistan in Moscow") < shown.index("Rostrud, labour rights line")
    first = driver.kiosk.library.contacts("RU", "en", "UZ")[0]
    assert first.kind == "consulate"
    assert driver.kiosk.screen.help.kind == "emergency"
    assert "Embassy of Kyrgyzstan in Moscow" not in shown


def test_medium_numbers_carry_the_mark_and_high_ones_do_not(driver):
    from kiosk.widgets.words import Words

    open_guide(driver)
    driver.press("Useful numbers")
    for contact in driver.kiosk.library.contacts("RU", "en", "UZ"):
        cards = [
            item
            for item in driver.kiosk.screen.scroll.items
            if contact.name in [part.text for part in item.walk(restrict=True) if isinstance(part, Words)]
        ]
        marked = "Not yet confirmed" in [
            part.text for part in cards[0].walk(restrict=True) if isinstance(part, Words)
        ]
        assert marked == contact.marked, contact.id


@pytest.mark.parametrize("screen", ["start", "destinations", "guide", "article", "contacts", "code", "about"])
def test_quick_exit_on_touch_down_wipes_the_visit_in_the_next_frame(driver, screen):
    from kiosk.driver import middle

    if screen != "start":
        driver.press("English")
    if screen in ("guide", "article", "contacts", "code"):
        driver.press("Russia")
    if screen == "article":
        driver.press("Health")
    if screen in ("contacts", "code"):
        driver.press("Useful numbers")
    if screen == "code":
        driver.press("Show the code")
    if screen == "about":
        driver.press("What is this?")
    assert driver.kiosk.visit.route.screen == screen
    word = driver.kiosk.said("Quick exit")
    exits = [control for control in driver.controls() if control.spoken == word]
    finger = driver.down(*middle(exits[0]))
    assert driver.kiosk.visit.route == NEUTRAL
    assert driver.kiosk.screen.route == NEUTRAL
    driver.up(finger)
    assert driver.kiosk.visit.route == NEUTRAL
    assert driver.kiosk.visit.language == driver.kiosk.languages()[0].code


def test_quick_exit_is_in_the_same_corner_of_every_screen(driver):
    places = set()
    for route in (START, Route("destinations"), Route("guide", "RU"), Route("contacts", "RU"), Route("idle")):
        screen = driver.kiosk._build(route)
        places.add((screen.exit.center_x, round(screen.exit.top, -2)))
    assert len({x for x, _ in places}) == 1
    assert max(y for _, y in places) - min(y for _, y in places) <= 100


def test_idle_asks_stays_by_one_touch_and_ends_alone(driver, clock):
    open_guide(driver)
    driver.press("Large text")
    clock.seconds += 61
    driver.kiosk._tick(0)
    assert driver.kiosk.screen.route == Route("idle")
    driver.touch(540, 300)
    assert driver.kiosk.screen.route == Route("guide", "RU")
    clock.seconds += 61
    driver.kiosk._tick(0)
    clock.seconds += 21
    driver.kiosk._tick(0)
    assert driver.kiosk.visit.route == START
    assert not driver.kiosk.visit.large


def test_the_code_goes_after_a_minute(driver, clock):
    open_guide(driver)
    driver.press("Useful numbers")
    driver.press("Show the code")
    for _ in range(61):
        clock.seconds += 1
        driver.kiosk._last_touch = clock()
        driver.kiosk._tick(0)
    assert driver.kiosk.screen.route == Route("contacts", "RU")


def test_a_slide_off_presses_nothing_and_a_second_finger_neither(driver):
    from kiosk.driver import middle

    tile = driver.find("English")
    x, y = middle(tile)
    finger = driver.down(x, y)
    driver.move(finger, x, y - 300)
    driver.up(finger)
    assert driver.kiosk.visit.route == START
    first = driver.down(20, 900)
    second = driver.down(x, y)
    driver.up(second)
    driver.up(first)
    assert driver.kiosk.visit.route == START


def test_what_is_drawn_ahead_is_not_seen_before_the_finger_leaves(driver):
    from kiosk.driver import middle

    kiosk = driver.kiosk
    driver.press("English")
    name = next(card.name for card in kiosk.destinations())
    old = kiosk.screen
    finger = driver.down(*middle(driver.find(name)))
    for _ in range(5):
        driver._step()
    assert kiosk.screen is old
    assert kiosk._drawn is not None and kiosk._drawn.route.screen == "guide"
    ahead = kiosk._drawn
    driver.up(finger)
    assert kiosk.screen is ahead and kiosk.visit.route.screen == "guide"
    shown = driver.pixels()
    kiosk._show(kiosk.visit.route)
    driver.settle()
    assert driver.pixels() == shown


def test_a_finger_that_slides_off_gets_the_old_screen_back(driver):
    from kiosk.driver import middle

    kiosk = driver.kiosk
    driver.press("English")
    before = driver.pixels()
    finger = driver.down(*middle(driver.find(kiosk.destinations()[0].name)))
    for _ in range(5):
        driver._step()
    driver.move(finger, 10, 10)
    driver.up(finger)
    driver.settle()
    assert kiosk._next is None and kiosk._drawn is None
    assert kiosk.visit.route == Route("destinations")
    assert driver.pixels() == before


def test_back_finds_the_place_where_a_page_was_left_and_a_new_page_starts_at_its_top(driver):
    open_guide(driver)
    driver.press("Useful numbers")
    kiosk = driver.kiosk
    kiosk.screen.scroll.page(1)
    driver.settle()
    share = kiosk.screen.scroll.offset
    assert share > 100
    control = next(
        one for one in driver.controls() if one.spoken.startswith("Show the code") and driver._visible(one)
    )
    driver.press(control.spoken)
    driver.press("Go back")
    assert abs(kiosk.screen.scroll.offset - share) < 3
    driver.press("Go back")
    driver.press("Useful numbers")
    assert kiosk.screen.scroll.offset == 0


def test_another_language_keeps_the_place_in_the_page(driver):
    open_guide(driver)
    driver.press("Useful numbers")
    kiosk = driver.kiosk
    kiosk.screen.scroll.page(1)
    driver.settle()
    share = kiosk.screen.scroll.offset / kiosk.screen.scroll.reach
    driver.press("Other language")
    driver.press("Русский")
    assert kiosk.visit.language == "ru"
    assert abs(kiosk.screen.scroll.offset / kiosk.screen.scroll.reach - share) < 0.01


def test_a_drag_scrolls_and_presses_nothing(driver):
    open_guide(driver)
    screen = driver.kiosk.screen
    finger = driver.down(540, 700)
    for y in range(720, 1100, 40):
        driver.move(finger, 540, y)
    driver.up(finger)
    driver.settle(0.5)
    assert screen is driver.kiosk.screen
    assert screen.scroll.offset > 200


def test_page_buttons_reach_the_end_without_a_drag(driver, clock):
    open_guide(driver)
    for _ in range(20):
        clock.seconds += 1
        if not driver.kiosk.screen.scroll.below:
            break
        driver.press("More below")
    assert not driver.kiosk.screen.scroll.below
    driver.press("Finish")
    assert driver.kiosk.visit.route == START


@pytest.mark.parametrize("name", ["Large text", "High contrast", "Low reach"])
def test_toggles_are_one_tap_keep_the_place_and_end_with_the_visit(driver, name):
    open_guide(driver)
    before = driver.kiosk.style
    driver.press(name)
    assert driver.kiosk.style != before
    assert driver.kiosk.visit.route == Route("guide", "RU")
    driver.kiosk.finish()
    assert driver.kiosk.style == before


def test_low_reach_brings_every_control_into_the_lower_300_mm(driver):
    open_guide(driver)
    driver.press("Low reach")
    limit = driver.kiosk.settings.panel.px(300)
    for control in driver.controls():
        if control.parent is driver.kiosk.screen:
            assert control.top <= limit + 1


def test_help_at_home_without_a_destination(driver):
    driver.press("English")
    driver.press("Help in my own country")
    assert "Trust line for women" in texts(driver)


def test_keys_and_closing_are_without_effect(driver):
    from kivy.app import App
    from kivy.core.window import Window

    keys = [27, 282, 283, 285, 293, 9, 13, 32, 113, 119, 99, 118, 316, 319]
    for key in keys:
        for modifiers in ([], ["ctrl"], ["alt"], ["meta"], ["ctrl", "alt"], ["ctrl", "shift"]):
            Window.dispatch("on_key_down", key, key, "", modifiers)
            Window.dispatch("on_keyboard", key, key, "", modifiers)
            Window.dispatch("on_key_up", key, key)
    assert Window.dispatch("on_request_close") is True
    assert App.get_running_app().open_settings() is False
    driver.settle()
    assert driver.kiosk.visit.route == START
    assert len(Window.children) == 1


def test_the_right_button_and_ten_fingers_leave_no_mark(driver):
    from kivy.core.window import Window

    driver.up(driver.down(300, 1300, button="right"))
    fingers = [driver.down(100 + 80 * number, 1300) for number in range(10)]
    for finger in fingers:
        driver.up(finger)
    driver.settle()
    assert len(Window.children) == 1


def test_a_full_stop_stays_with_the_bold_word_before_it(driver):
    from kiosk.widgets.words import _markup

    assert _markup("Keep **it**. (**Yes**) and **no**") == "Keep [b]it.[/b] [b](Yes)[/b] and [b]no[/b]"
    assert _markup("**a** & **b**") == "[b]a[/b] &amp; [b]b[/b]"
