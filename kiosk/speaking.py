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
}
"""Languages that a contact speaks."""
