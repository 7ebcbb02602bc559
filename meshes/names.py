"""One file name → arch and stage, as far as the name tells. What the other files tell is `matching`'s.

There is no naming standard. Prefixes are case or patient names, so an unknown word means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from meshes import words

UPPER: Final = "upper"
LOWER: Final = "lower"

TOOTH: Final = "tooth"
GINGIVA: Final = "gingiva"

SURE: Final = 0.99
IN_FOLDER: Final = 0.97
SHORT: Final = 0.95
BEFORE_WORD: Final = 0.92
BESIDE_ARCH: Final = 0.9
MAX_STAGE: Final = 200
"""A larger number is a case number or a date."""

_STROKES: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_CAMEL: Final = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z][^\W\d_]*)")


@dataclass(frozen=True)
class Number:
    """A number in a name: its value, its place among the name's numbers, and how surely it is the stage (0 = unknown).

    version: it counts exports, as in “v2”, and is never a stage.
    """

    value: int
    place: int
    sureness: float
    version: bool = False


@dataclass(frozen=True)
class Reading:
    """What one name says.

    arch, arch_sureness: None, 0.0 when silent; both_arches: it names upper and lower; german: a lone O or U that may be
    Ober- or Unterkiefer; start / final: it says so in words; other: the kind of a file that is no stage; part: tooth or
    gingiva, when it says so; tooth, tooth_place: the number of a tooth as it is written ("11", "A", "UR1") and which number
    of the name that is; system: the numbering it
    names; pieces: a word such as “part”, after which numbers only count; template: the name with its numbers blanked,
    shared by the files of one series.
    """

    arch: str | None
    arch_sureness: float
    both_arches: bool
    german: str | None
    numbers: tuple[Number, ...]
    start: bool
    final: bool
    other: str | None
    part: str | None
    tooth: str | None
    tooth_place: int | None
    system: str | None
    pieces: bool
    template: str

    @property
    def stage(self) -> Number | None:
        """The number that the name itself calls the stage."""
        named = [number for number in self.numbers if number.sureness and number.value <= MAX_STAGE]
        return max(named, key=lambda number: (number.sureness, number.place), default=None)


def folded(text: str) -> str:
    """Lower case without accents: what the word tables hold."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).translate(_STROKES)


def tokens(text: str) -> list[str]:
    """Words and numbers in order: “Step03Mandible” → step, 03, mandible."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFC", text))
    out: list[str] = []
    for token in _TOKEN.findall(folded(spaced)):
        out += [token] if token.isdigit() else unglued(token)
    return out


def unglued(token: str) -> list[str]:
    """Known words run together, such as “upperstage”; a token that is no such run is returned as it is."""
    if token in words.UPPER_WORDS | words.LOWER_WORDS | words.STAGE_WORDS | words.ALIGNER_WORDS or len(token) < 7:
        return [token]
    for word in words.SPLITTABLE:
        if token.startswith(word) and len(token) > len(word):
            rest = unglued(token[len(word) :])
            if all(part in KNOWN for part in rest):
                return [word, *rest]
    return [token]


KNOWN: Final = (
    words.UPPER_WORDS
    | words.LOWER_WORDS
    | words.UPPER_SHORT
    | words.LOWER_SHORT
    | words.STAGE_WORDS
    | words.ALIGNER_WORDS
    | words.STAGE_LETTERS
    | words.START_WORDS
    | words.FINAL_WORDS
    | words.JAW_WORDS
)


def read(name: str) -> Reading:
    """What a path inside the archive says. The file's own name counts more than its folders; the nearest folder more than the next."""
    own, *outer = levels(name)
    for folder in outer:
        own = filled(own, folder)
    return own


def levels(name: str) -> list[Reading]:
    """The readings of the file's own name, of its folder, of the folder round that, and so on."""
    *folders, stem = name.split("/")
    return [read_text(re.sub(r"\.[A-Za-z0-9]{2,4}$", "", stem)), *(read_text(folder) for folder in reversed(folders))]


def filled(own: Reading, outer: Reading) -> Reading:
    """The reading of a file, with what it leaves open taken from its folder."""
    arch, sureness = own.arch, own.arch_sureness
    if arch is None and not own.both_arches:
        arch, sureness = outer.arch, min(outer.arch_sureness, IN_FOLDER)
    numbers = own.numbers
    counts = any(number.place != own.tooth_place for number in own.numbers)
    named_outside = outer.stage
    if own.stage is None and not own.start and named_outside is not None:
        numbers = (*numbers, Number(named_outside.value, len(numbers), min(named_outside.sureness, IN_FOLDER)))
    elif not numbers:
        numbers = outer.numbers
    return Reading(
        arch=arch,
        arch_sureness=sureness,
        both_arches=own.both_arches,
        german=own.german or outer.german,
        numbers=numbers,
        start=own.start or (outer.start and not counts),
        final=own.final or (outer.final and not counts),
        other=own.other or outer.other,
        part=own.part or outer.part,
        tooth=own.tooth or outer.tooth,
        tooth_place=own.tooth_place,
        system=own.system or outer.system,
        pieces=own.pieces,
        template=f"{outer.template}/{own.template}",
    )


def read_text(text: str) -> Reading:
    """One path component by itself."""
    found = tokens(text)
    arch, sureness, both = arch_of(found, text)
    present = set(found)
    letters = [token for token in found if token in words.GERMAN_SHORT]
    tooth, at = tooth_in(found, text)
    gingiva = bool(present & words.GINGIVA_WORDS) or any(sign in text for sign in words.GINGIVA_SIGNS)
    return Reading(
        arch=arch,
        arch_sureness=sureness,
        both_arches=both,
        german=letters[-1] if letters and sureness <= SHORT else None,
        numbers=numbers_of(found, text),
        start=bool(present & words.START_WORDS) or any(sign in text for sign in words.START_SIGNS),
        final=bool(present & words.FINAL_WORDS) or any(sign in text for sign in words.FINAL_SIGNS),
        other=next((kind for kind in words.KINDS if any(words.OTHER_WORDS.get(token) == kind for token in found)), None),
        part=GINGIVA if gingiva else TOOTH if tooth is not None or any(map(means_tooth, found)) else None,
        tooth=None if gingiva else tooth,
        tooth_place=None if gingiva else at,
        system=next((words.SYSTEM_WORDS[token] for token in found if token in words.SYSTEM_WORDS), None),
        pieces=bool(present & words.INDEX_WORDS),
        template=" ".join("#" if token.isdigit() else token for token in found),
    )


def means_tooth(token: str) -> bool:
    return token in words.TOOTH_WORDS or any(sign in token for sign in words.TOOTH_SIGNS)


def tooth_in(found: list[str], text: str) -> tuple[str | None, int | None]:
    """(the number of a tooth as written, its place among the name's numbers), from “tooth 11”, “11_tooth”, “#11”, “FDI 11” or “UR1”."""
    places = {index: place for place, index in enumerate(index for index, token in enumerate(found) if token.isdigit())}
    for index, token in enumerate(found[:-1]):
        if token in words.QUADRANT_CODES and found[index + 1] in tuple("12345678"):
            return (token + found[index + 1]).upper(), places[index + 1]
    for index, token in enumerate(found):
        if not (means_tooth(token) or token in words.SYSTEM_WORDS):
            continue
        after = next((at for at in range(index + 1, len(found)) if found[at].isdigit()), None)
        between = found[index + 1 : after]
        if (
            after is not None
            and len(found[after]) < 4
            and all(word in words.NUMBER_WORDS or word in words.SYSTEM_WORDS or word == "t" for word in between)
        ):
            return found[after], places[after]
        if index + 1 < len(found) and len(found[index + 1]) == 1 and "a" <= found[index + 1] <= "t":
            return found[index + 1].upper(), None
        if index and found[index - 1].isdigit() and (index < 2 or found[index - 2] not in words.STAGE_WORDS):
            return found[index - 1], places[index - 1]
    if sign := re.search(r"#\s*(\d{1,2})(?!\d)", text):
        before = sum(1 for _ in re.finditer(r"\d+", text[: sign.start()]))
        return sign.group(1), before
    return None, None


def arch_of(found: list[str], text: str) -> tuple[str | None, float, bool]:
    """(arch, sureness, both named). A whole word beats a short form: “Max_Weber_lower” is a lower arch."""
    present = set(found)
    named = present & words.UPPER_WORDS
    if present & words.LOWER_WORDS:
        named -= words.JAW_OF_EITHER_ARCH
    upper = bool(named) or any(sign in text for sign in words.UPPER_SIGNS)
    lower = bool(present & words.LOWER_WORDS) or any(sign in text for sign in words.LOWER_SIGNS)
    if upper or lower:
        if upper and lower:
            return None, 0.0, True
        return (UPPER if upper else LOWER), SURE, False
    upper, lower = bool(present & words.UPPER_SHORT), bool(present & words.LOWER_SHORT)
    if upper and lower:
        last = [token for token in found if token in words.UPPER_SHORT | words.LOWER_SHORT][-1]
        return (UPPER if last in words.UPPER_SHORT else LOWER), 0.8, False
    if upper or lower:
        return (UPPER if upper else LOWER), SHORT, False
    return None, 0.0, False


def numbers_of(found: list[str], text: str) -> tuple[Number, ...]:
    """Every number with the sureness its neighbours give it."""
    has_sign = any(sign in text for sign in words.STAGE_SIGNS)
    out: list[Number] = []
    for index, token in enumerate(found):
        if not token.isdigit():
            continue
        before = [word for word in found[:index] if word not in words.NUMBER_WORDS]
        previous = before[-1] if before else ""
        following = found[index + 1] if index + 1 < len(found) else ""
        sureness = 0.0
        if previous in words.STAGE_WORDS:
            sureness = SURE
        elif previous in words.ALIGNER_WORDS:
            sureness = 0.98
        elif has_sign and len(token) <= 3:
            sureness = IN_FOLDER
        elif previous in words.STAGE_LETTERS:
            sureness = SHORT
        elif following in words.STAGE_WORDS and not (index + 2 < len(found) and found[index + 2].isdigit()):
            sureness = BEFORE_WORD
        elif beside_arch(found, index):
            sureness = BESIDE_ARCH
        version = index > 0 and found[index - 1] in words.VERSION_WORDS
        out.append(Number(int(token[:9]), len(out), 0.0 if version else sureness, version))
    return tuple(out)


def beside_arch(found: list[str], index: int) -> bool:
    """A short number right after a word for an arch and before no other number (“Maxillary12”), or first of all before one (“03_upper”)."""
    following = found[index + 1] if index + 1 < len(found) else ""
    if len(found[index]) > 2 or following.isdigit():
        return False
    arches = words.UPPER_WORDS | words.LOWER_WORDS
    return found[index - 1] in arches if index else following in arches
