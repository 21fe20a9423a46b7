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
