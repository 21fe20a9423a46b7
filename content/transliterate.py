"""Uzbek Latin -> Uzbek Cyrillic, by our own rules and an exception lexicon.

Latin (alphabet of 1995) is the source of both scripts. Most letters map one to one;
what does not follow from the letters stands in ``transliterate_uz.toml``: borrowed
words with ь, ъ, ц, я, and names that stay in Latin letters.

    >>> to_cyrillic("Oʻzbekiston elchixonasi")
    'Ўзбекистон элчихонаси'

Source of the letter rules: the two official alphabets of the Uzbek language and
the spelling rules for borrowed words.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

LOOKALIKES = "'`´‘’ʹʻʼ′＇"
"""Marks that people type for the two letters U+02BB and U+02BC."""

TURNED, TUTUQ = "ʻ", "ʼ"

_LETTERS = {
    "a": "а",
    "b": "б",
    "d": "д",
    "e": "е",
    "f": "ф",
    "g": "г",
    "h": "ҳ",
    "i": "и",
    "j": "ж",
    "k": "к",
    "l": "л",
    "m": "м",
    "n": "н",
    "o": "о",
    "p": "п",
    "q": "қ",
    "r": "р",
    "s": "с",
    "t": "т",
    "u": "у",
    "v": "в",
    "x": "х",
    "y": "й",
    "z": "з",
    "c": "с",
    "w": "в",
    TUTUQ: "ъ",
}

_PAIRS = {
    f"o{TURNED}": "ў",
    f"g{TURNED}": "ғ",
    "sh": "ш",
    "ch": "ч",
    "ya": "я",
    "yo": "ё",
    "yu": "ю",
    "ye": "е",
    "ts": "ц",
    f"s{TUTUQ}h": "сҳ",
    f"sh{TUTUQ}": "шъ",
    f"yo{TURNED}": "йў",
}

_VOWELS = frozenset("aeiou")

_TOKEN = re.compile("|".join(sorted(map(re.escape, [*_PAIRS, *_LETTERS]), key=len, reverse=True)))

_KEEP = r"\{[^{}]*\}|https?://\S+|\S*@\w+(?:\.\w+)*|\b[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+|\b[A-Z]+-?\d+\b"
"""Placeholders, addresses, sites such as egov.kz and codes such as E-9 go through unchanged."""

_APART = re.compile(r"(?<=t)(?=s(?:iz(?:$|[^m])|in(?:lar)?$|a(?:m|ng|k|n|ngiz|lar|miz)?$|ang))")
"""Where t ends a stem and s begins an ending (ruxsat-siz, ket-sa): no ц is written there."""

_WORD = re.compile(rf"[A-Za-z{TURNED}{TUTUQ}]+")

_ALLOWED = "allowed_words.toml"

_MARK = re.compile(rf"([OoGg])[{LOOKALIKES}]")
_OTHER_MARK = re.compile(rf"(?<=[A-Za-z])(?<![OoGg])[{LOOKALIKES}](?=[A-Za-z])")


@cache
def _lexicon() -> tuple[dict[str, str], int, dict[str, str], re.Pattern[str]]:
    path = Path(__file__).with_name("transliterate_uz.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    stems = tables["stems"]
    longest = max(len(stem) for stem in stems)
    allowed = tomllib.loads(path.with_name(_ALLOWED).read_text(encoding="utf-8"))
    names = {*allowed["common"]["words"], *allowed["uz"]["words"]}
    # A name is kept as a whole only: yordam is a word, tiv_yordam_bot a name.
    whole = (re.escape(one) + (r"(?![\w-])" if one.islower() else r"(?!\w)") for one in names)
    kept = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(whole, key=len, reverse=True))})|{_KEEP}")
    return stems, longest, tables["endings"], kept


def canonical(text: str) -> str:
    """The two apostrophe letters as Unicode names them: U+02BB after o and g, else U+02BC."""
    text = _MARK.sub(rf"\1{TURNED}", text)
    return _OTHER_MARK.sub(TUTUQ, text)


def to_cyrillic(text: str) -> str:
    """``text`` in the Cyrillic script; everything that is no Uzbek word stays as it is."""
    pieces: list[str] = []
    end = 0
    for kept in _lexicon()[3].finditer(text):
        pieces += [_words(text[end : kept.start()]), kept.group()]
        end = kept.end()
    pieces.append(_words(text[end:]))
    return "".join(pieces)


def _words(text: str) -> str:
    return _WORD.sub(lambda found: _word(found.group()), canonical(text))


def _word(word: str) -> str:
    stems, longest, endings, _ = _lexicon()
    low = word.lower()
    for length in range(min(longest, len(low)), 2, -1):
        stem = stems.get(low[:length])
        if stem is not None:
            return _case(word, _join(stem, low[length:]))
    for ending, shown in endings.items():
        place = low.find(ending)
        if place > 0:
            return _case(word, _letters(low[:place]) + shown + _letters(low[place + len(ending) :], "a"))
    return _case(word, _letters(low))


def _join(stem: str, rest: str) -> str:
    # A soft sign at the end of a borrowed word falls away before an ending: июнь, июнда.
    stem = stem.removesuffix("ь") if rest else stem
    return stem + _letters(rest, "a" if stem[-1] in "аеёиоуўыэюя" else "b")


def _letters(low: str, before: str = "") -> str:
    """Letter by letter; ``before`` is the Latin letter in front of these."""
    shown: list[str] = []
    apart = {place.start() for place in _APART.finditer(low)}
    place = 0
    while place < len(low):
        # Between a stem and its ending two letters are two letters.
        found = _TOKEN.match(low, place, place + 1 if place + 1 in apart else len(low))
        if found is None:
            place += 1
            continue
        token, place = found.group(), found.end()
        if token == "e" and (not before or before in _VOWELS):
            shown.append("э")
        else:
            shown.append(_PAIRS.get(token) or _LETTERS[token])
        before = token[-1] if token[-1] not in (TURNED, TUTUQ) else ("o" if token[0] == "o" else "b")
    return "".join(shown)


def _case(word: str, shown: str) -> str:
    letters = [letter for letter in word if letter.isalpha() and letter not in (TURNED, TUTUQ)]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return shown.upper()
    if word[:1].isupper():
        return shown[:1].upper() + shown[1:]
    return shown
