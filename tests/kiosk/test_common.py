"""Offer check, signs, cards for an officer, notices: by touch, on real pixels."""

from __future__ import annotations

from kiosk.visit import START, Route


def check(driver, answers):
    driver.press("English")
    driver.press("Check a job offer")
    for answer in answers:
        driver.press(answer)


def test_eight_careful_answers_end_in_calm_words_and_a_number(driver):
    offer = driver.kiosk.library.offer("en")
    check(driver, ["Yes" if one.good == "yes" else "No" for one in offer.questions])
    texts = shown(driver)
    assert offer.nothing_found in texts and offer.something_found not in texts
    assert offer.ask in texts
    assert driver.kiosk.ask_at_home().phone_display in texts


def test_each_answer_that_needs_care_brings_its_advice_and_not_knowing_does_too(driver):
    offer = driver.kiosk.library.offer("en")
    answers = ["Yes" if one.good == "yes" else "No" for one in offer.questions]
    answers[0], answers[2] = "I do not know", "Yes"
    check(driver, answers)
    texts = shown(driver)
    assert offer.something_found in texts
    told = [one.id for one in offer.questions if one.advice in texts]
    assert told == [offer.questions[0].id, offer.questions[2].id]


def test_answers_can_be_taken_back_survive_a_language_and_go_when_the_check_is_left(driver):
    kiosk = driver.kiosk
    check(driver, ["Yes", "No"])
    driver.press("Previous")
    assert kiosk.visit.answers == ["yes"]
    driver.press("Other language")
    driver.press("Русский")
    assert kiosk.visit.answers == ["yes"] and kiosk.visit.route.screen == "check_offer"
    driver.press(kiosk.said("Go back"))
    assert kiosk.visit.answers == []
    assert kiosk.visit.route == Route("destinations")


def test_answers_go_with_the_visit(driver):
    check(driver, ["Yes", "No", "I do not know"])
    driver.press("Quick exit")
    assert driver.kiosk.visit.answers == []


def test_eleven_signs_lead_to_numbers(driver):
    driver.press("English")
    driver.press("Eleven signs to know")
    assert len(driver.kiosk.library.signs("en").cards) == 11
    driver.press("Help in my own country")
    assert driver.kiosk.visit.route == Route("contacts")


def test_a_request_is_shown_in_the_language_of_the_country(driver):
    from kiosk.widgets.foreign import Foreign

    driver.press("English")
    driver.press("Japan")
    driver.press("Show this to an officer")
    driver.press("I need a doctor.")
    parts = [one for one in driver.kiosk.screen.walk(restrict=True) if isinstance(one, Foreign)]
    assert [one.language for one in parts] == ["ja"]
    size, lines = parts[0].set(driver.kiosk.style, int(parts[0].width))
    assert size >= driver.kiosk.style.px(15) and "".join(lines) == parts[0].text


def test_right_to_left_lines_are_turned_round_and_end_at_the_right(driver):
    from kiosk.widgets.foreign import Foreign

    kiosk = driver.kiosk
    kiosk.go(Route("officer_card", destination="AE", article="sign"))
    driver.settle()
    part = next(one for one in kiosk.screen.walk(restrict=True) if isinstance(one, Foreign))
    _, lines = part.set(kiosk.style, int(part.width))
    assert len(lines) > 1 and " ".join(lines) == part.text
    drawn = [one for one in part.canvas.children if type(one).__name__ == "Rectangle"]
    assert len(drawn) == len(lines)
    assert all(abs(one.pos[0] + one.size[0] - part.right) < 2 for one in drawn)


def test_an_urgent_notice_stands_on_its_guide_until_its_day(driver):
    from datetime import date

    kiosk = driver.kiosk
    kept, kiosk.today = kiosk.today, lambda: date(2027, 1, 2)
    try:
        kiosk.go(Route("guide", "DE"))
        driver.settle()
        assert any("14.60" in text or "14,60" in text for text in shown(driver))
        kiosk.today = lambda: date(2027, 4, 1)
        kiosk._show(kiosk.visit.route)
        driver.settle()
        assert not any("14.60" in text or "14,60" in text for text in shown(driver))
    finally:
        kiosk.today = kept
        kiosk.finish()
    assert kiosk.visit.route == START


def test_topics_without_a_page_are_named_with_whom_to_ask(driver):
    kiosk = driver.kiosk
    driver.press("English")
    kiosk.go(Route("guide", "QA"))
    driver.settle()
    assert any("We have no sure facts about: Money." in text for text in shown(driver))


def test_no_contacts_page_is_empty_for_anybody(driver):
    kiosk = driver.kiosk
    for card in kiosk.destinations():
        for passport in ("UZ", "KG", "TM", "TJ", "KZ"):
            assert kiosk.library.contacts(card.iso, "en", passport), (card.iso, passport)
            assert kiosk.library.guide(card.iso, "en", passport).help is not None
    for passport in ("UZ", "KG", "TM", "TJ", "KZ"):
        assert kiosk.library.origin_contacts(passport, "en")


def shown(driver):
    """Every text of the screen, whether in view or further down."""
    from kiosk.widgets.words import Words

    found = []
    screen = driver.kiosk.screen
    for item in [*screen.head, *screen.items]:
        found += [part.text for part in item.walk(restrict=True) if isinstance(part, Words)]
    return found
