"""Names made comparable: one function for the columns and for what is searched, and what it means that a word is found in a name."""

import unicodedata
from typing import Final

# NFKD alone leaves these letters as they are.
_PLAIN = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
# People write O'Brien, O’Brien and OBrien: an apostrophe of any kind is left out.
_APOSTROPHES = dict.fromkeys("'‘’‛ʹʻʼʽ＇`´׳")
# Håkansson begins a word in Brix-Håkansson, whatever the dash.
_BETWEEN = dict.fromkeys(".-‐‒–—―−·・", " ")
_TABLE: Final = str.maketrans(_PLAIN | _APOSTROPHES | _BETWEEN)
# Scripts without spaces between words, as NFKD leaves them: Hangul letters, then Kana, Han and what stands between them.
UNSPACED: Final = (("\u1100", "\u11ff"), ("\u2e80", "\u9fff"), ("\ua960", "\ua97f"), ("\uac00", "\ud7ff"), ("\uf900", "\ufaff"),
                   ("\U00020000", "\U0003ffff"))  # fmt: skip
# A word of so many letters is found anywhere in a name.
ANYWHERE: Final = 3


def norm(text: str) -> str:
    """`text` without case, accents, apostrophes, hyphens and double spaces: "Łukasz  Brix-Wiśniewski" becomes "lukasz brix wisniewski".

    What cannot be seen (control signs, joiners, marks of direction) is left out, so nothing that is pasted with a name hides it.
    """
    folded = text.lower()
    if not (text.isascii() and text.isprintable()):
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        folded = "".join(c for c in folded if _is_kept(c))
    return " ".join(folded.translate(_TABLE).split())


def _is_kept(sign: str) -> bool:
    return not unicodedata.combining(sign) and (sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cf"})


def is_unspaced(letter: str) -> bool:
    """Whether a letter of a comparable name is Han, Kana or Hangul."""
    return any(first <= letter <= last for first, last in UNSPACED)


def begins_words(word: str) -> bool:
    """Whether a comparable word is so short that it is looked for at the beginning of words alone."""
    return len(word) < ANYWHERE and not is_unspaced(word[0])


def holds(name: str, word: str) -> bool:
    """Whether a comparable name holds a comparable word: anywhere, one or two letters at the beginning of a word.

    The one meaning of a search by name; `cases.queries.search` says the same to the databases.
    """
    return f" {word}" in f" {name}" if begins_words(word) else word in name
