"""Names that data carries as codes, as words for the catalogues.

``N_`` marks a word for extraction without translating it here.
"""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802  (gettext's own name)
    """Mark a word for the catalogues."""
    return message


KINDS = {
    "emergency": N_("Emergency"),
    "trafficking": N_("Protection and advice"),
    "consulate": N_("Your embassy"),
    "labour": N_("Work and pay"),
    "migration_authority": N_("Migration offices"),
    "health": N_("Health"),
    "women": N_("Women and families"),
    "child": N_("Children"),
    "ngo": N_("Advice centres"),
}
"""Headings of the kinds of contact: neutral words only."""

LANGUAGES = {
    "uz": N_("Uzbek"),
    "ru": N_("Russian"),
    "ky": N_("Kyrgyz"),
    "tk": N_("Turkmen"),
    "tg": N_("Tajik"),
    "kk": N_("Kazakh"),
    "en": N_("English"),
    "ko": N_("Korean"),
    "zh": N_("Chinese"),
    "ja": N_("Japanese"),
    "vi": N_("Vietnamese"),
    "th": N_("Thai"),
    "km": N_("Khmer"),
    "lo": N_("Lao"),
    "tl": N_("Tagalog"),
    "mn": N_("Mongolian"),
    "ar": N_("Arabic"),
    "tr": N_("Turkish"),
    "pl": N_("Polish"),
    "uk": N_("Ukrainian"),
    "de": N_("German"),
    "he": N_("Hebrew"),
    "hi": N_("Hindi"),
    "ur": N_("Urdu"),
    "fa": N_("Persian"),
}
"""Languages that a contact speaks."""

TOPICS = {
    "before_you_go": N_("Before you go"),
    "entry_registration": N_("Entry and registration"),
    "work_permit": N_("Work permit"),
    "contract_pay": N_("Contract and pay"),
    "housing": N_("Housing"),
    "health": N_("Health"),
    "money": N_("Money"),
    "family": N_("Family"),
    "rights_police": N_("Your rights"),
    "danger_signs": N_("Signs to notice"),
    "getting_help": N_("Getting help"),
    "return_home": N_("Return home"),
}
"""The twelve topics of a guide, in their order."""

STEPS = {
    "asking the centre": N_("Asking the centre"),
    "fetching release": N_("Fetching release {number}"),
    "building release": N_("Building release {number}"),
    "release is here": N_("Release {number} is here"),
    "up to date": N_("Up to date"),
}
"""What the agent says that it does, its number taken out."""

STOPPED = "stopped: "
"""How the agent begins to say that it gave up; the reason follows."""

TROUBLES = {
    "busy": N_("Another agent is at work"),
    "clock": N_("A signature has ended, or the clock is wrong"),
    "damaged": N_("A file here is damaged"),
    "disk": N_("The disk is full or cannot be written"),
    "error": N_("Trouble"),
    "limit": N_("The limit of this day is used up"),
    "missing": N_("The centre has no such release"),
    "network": N_("The centre cannot be reached"),
    "refused": N_("This kiosk cannot show the new release"),
    "replay": N_("It is older than what is here"),
    "settings": N_("A setting cannot be used"),
    "trust": N_("A signature is wrong"),
}
"""The agent's word for why it gave up, as a sentence."""
