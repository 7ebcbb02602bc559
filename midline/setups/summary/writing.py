"""Words that people wrote, in letters that the paper has: which font draws each letter, and in which direction a line runs.

Inter draws Latin, Greek and Cyrillic letters; a font of names each draws Hebrew, Arabic and the ideographs, kana and syllables of Chinese,
Japanese and Korean (`fonts/`). What no font has is written as the name of its script in brackets, never as an empty box; a name with such
letters gives way to the case number (facts.py asks `is_writable`).
"""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_base_level, get_display
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONTS: Final = Path(__file__).parent / "fonts"
REGULAR: Final = "Inter"
BOLD: Final = "Inter-SemiBold"
FILES: Final = {
    REGULAR: "Inter-Regular.ttf",
    BOLD: "Inter-SemiBold.ttf",
    "Names-Hebrew": "NotoSansHebrew-Names.ttf",
    "Names-Arabic": "NotoSansArabic-Names.ttf",
    "Names-CJK": "NotoSansCJK-Names.ttf",
}
RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_shaped: Final = ArabicReshaper({"delete_harakat": True, "support_ligatures": True}).reshape


@cache
def _font(name: str) -> TTFont:
    """The font, read once a process and only when a letter asks for it."""
    font = TTFont(name, FONTS / FILES[name])
    pdfmetrics.registerFont(font)
    return font


def register_fonts() -> None:
    """The two weights of every page; the fonts of names come when they are needed."""
    if REGULAR not in pdfmetrics.getRegisteredFontNames() or BOLD not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(_font(REGULAR))
        pdfmetrics.registerFont(_font(BOLD))
        pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


@lru_cache(20_000)
def font_of(letter: str) -> str:
    """The name of the font that draws a letter; empty where none does."""
    point = ord(letter)
    for name in (REGULAR, *_candidates(point)):
        if point in _font(name).face.charToGlyph:
            return name
    return ""


def _candidates(point: int) -> tuple[str, ...]:
    if 0x0590 <= point <= 0x05FF or 0xFB1D <= point <= 0xFB4F:
        return ("Names-Hebrew",)
    if 0x0600 <= point <= 0x077F or 0xFB50 <= point <= 0xFEFF:
        return ("Names-Arabic",)
    return ("Names-CJK",) if point >= 0x2E80 else ()


def is_writable(words: str) -> bool:
    """Whether every letter of the words has a font."""
    return "[" not in plain(words.replace("[", "("))


def plain(words: str) -> str:
    """The words in letters that the paper has: no control characters, no points above or below Hebrew and Arabic letters, lines kept."""
    shown: list[str] = []
    for letter in unicodedata.normalize("NFC", words):
        if letter in "\n\t" or letter == " ":
            shown.append(letter)
        elif letter.isprintable() and unicodedata.bidirectional(letter) != "NSM":
            shown.append(_known(letter))
        elif unicodedata.category(letter) == "Zs":
            shown.append(" ")
    return "".join(piece for n, piece in enumerate(shown) if not (piece.startswith("[") and len(piece) > 1 and shown[n - 1 : n] == [piece]))


@lru_cache(20_000)
def _known(letter: str) -> str:
    if font_of(letter):
        return letter
    simple = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    if simple and all(font_of(part) for part in simple):
        return simple
    name = unicodedata.name(letter, "SIGN")
    first = "CHINESE" if name.startswith("CJK") else name.split()[0] if unicodedata.category(letter)[0] == "L" else name
    return f"[{first.capitalize()}]"


def is_right_to_left(words: str) -> bool:
    return any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in words)


def runs_from_the_right(words: str) -> bool:
    """Whether the first letter with a direction is one of a script that is written from the right."""
    return is_right_to_left(words) and bool(get_base_level(words))


def markup(words: str, *, width: float | None = None, size: float = 9, base: str | None = "L") -> str:
    """Words for a paragraph: escaped, each run in its font, lines kept.

    width: points that a line may take; words that run from the right are broken by it before they are turned round, because a line of them
    begins at its right. base: the direction of a whole line, "L" beside labels; None: that of its first letter.
    """
    lines: list[str] = []
    for line in plain(words).split("\n"):
        if not is_right_to_left(line):
            lines.append(_runs(line))
            continue
        direction = base or ("R" if runs_from_the_right(line) else "L")
        for part in _broken(_shaped(line), width, size):
            lines.append(_runs(str(get_display(part, base_dir=direction))))
    return "<br/>".join(lines)


def _broken(line: str, width: float | None, size: float) -> list[str]:
    """The line in parts that fit the width, between words."""
    if width is None:
        return [line]
    parts, held = [], ""
    for word in line.split(" "):
        longer = f"{held} {word}" if held else word
        if held and _width(longer, size) > width:
            parts.append(held)
            longer = word
        held = longer
    return [*parts, held]


def _width(words: str, size: float) -> float:
    return sum(pdfmetrics.stringWidth(letter, _registered(font_of(letter) or REGULAR), size) for letter in words)


def _registered(name: str) -> str:
    _font(name)
    return name


def _runs(line: str) -> str:
    """The line with a font for each run of letters that Inter has not."""
    pieces: list[tuple[str, str]] = []
    for letter in line:
        name = REGULAR if letter in " \t" else font_of(letter) or REGULAR
        if pieces and pieces[-1][0] == name:
            pieces[-1] = (name, pieces[-1][1] + letter)
        else:
            pieces.append((name, letter))
    return "".join(escape(text) if name == REGULAR else f'<font name="{_registered(name)}">{escape(text)}</font>' for name, text in pieces)
