"""Every code of every contact, decoded by an independent reader from real pixels."""

from __future__ import annotations

import zxingcpp
from PIL import Image

from kiosk.qr import payload
from kiosk.visit import Route


def glass(driver) -> Image.Image:
    from kivy.core.window import Window

    driver.settle()
    size = (Window.width, Window.height)
    return (
        Image.frombytes("RGB", size, driver.pixels())
        .transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        .convert("RGB")
    )


def test_every_code_of_every_contact_decodes_to_its_record(driver):
    kiosk = driver.kiosk
    seen = set()
    for language in ("en", "uz-Cyrl"):
        kiosk.choose_language(language)
        for passport in ("UZ", "KG", "TM", "TJ", "KZ"):
            homes = [kiosk.library.contacts(iso, language, passport) for iso in ("RU", "KR")]
            homes.append(kiosk.library.origin_contacts(passport, language))
            for contact in (one for home in homes for one in home):
                if (contact.id, language) in seen:
                    continue
                seen.add((contact.id, language))
                kiosk.go(Route("code", contact=contact.id))
                found = zxingcpp.read_barcodes(glass(driver))
                assert [one.text for one in found] == [payload(contact.kind, contact.name, contact.phone)], (
                    contact.id
                )
                assert contact.phone in found[0].text
                kiosk.back()
    assert len(seen) > 90


def test_a_code_is_large_enough_with_its_quiet_zone_on_white(driver):
    kiosk = driver.kiosk
    kiosk.visit.contrast = True
    kiosk.go(Route("code", contact="ru-emergency-112"))
    code, style = kiosk.screen.code, kiosk.style
    pixels = code.module_pixels(style)
    assert (len(code._rows) - 8) * pixels >= style.px(40)
    picture = glass(driver)
    x, y = code.to_window(code.x, code.y)
    top = picture.height - int(y + code.height)
    quiet = picture.crop((int(x), top, int(x) + 4 * pixels, top + 4 * pixels))
    assert quiet.getextrema() == ((255, 255),) * 3


def test_payloads():
    assert payload("emergency", "Police", "102") == "tel:102"
    assert payload("consulate", "A; B", "+7495") == "MECARD:N:A\\; B;TEL:+7495;;"
