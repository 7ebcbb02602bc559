"""The words labs put into file names, folded: lower case, no accents. Several languages; sorted by what they mean."""

from __future__ import annotations

from typing import Final


def folded_words(text: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(text.split())


UPPER_WORDS: Final = folded_words(
    "upper maxilla maxillary maxillar maxillaire maxilar maxila mascella mascellare superior superiore superieur superieure sup "
    "oberkiefer oben obere oberer haut haute arriba boven bovenkaak overkjeve overkaebe overkake ustcene ust gora gorna gorny szczeka "
    "верх верхняя верхний верхнии верхнее verh верхнеи"
)
LOWER_WORDS: Final = folded_words(
    "lower mandible mandibular mandibula mandibule mandibulaire mandibola mandibolare mand inferior inferiore inferieur inferieure inf "
    "unterkiefer unten untere unterer bas basse abajo onder onderkaak underkjeve underkaebe underkake altcene dol dolna dolny zuchwa "
    "низ нижняя нижнии нижний нижнее niz"
)
JAW_OF_EITHER_ARCH: Final = frozenset({"maxillar", "maxillaire", "maxilar", "mascellare", "mascella"})
"""Alone they mean the upper jaw, but “maxilar inferior” is the lower one."""

UPPER_SHORT: Final = folded_words("u up ok max mx")
LOWER_SHORT: Final = folded_words("l lo low uk mn md")
GERMAN_SHORT: Final = {"o": "upper", "u": "lower"}
"""O and U side by side, without L, are Ober- and Unterkiefer; then U is not “upper”."""

UPPER_SIGNS: Final = ("上颌", "上颚", "上顎", "上牙", "상악")
LOWER_SIGNS: Final = ("下颌", "下颚", "下顎", "下牙", "하악")

STAGE_WORDS: Final = folded_words(
    "stage step subsetup etape etapa etap schritt stufe phase fase passo paso tappa stadium stadio stap steg trinn trin krok stadie "
    "adim asama этап шаг stadia phasen"
)
ALIGNER_WORDS: Final = folded_words(
    "aligner setup alineador aligneur alinhador allineatore gouttiere schiene tray kappe капа элаинер элайнер"
)
STAGE_LETTERS: Final = folded_words("t s st")
STAGE_SIGNS: Final = ("阶段", "步", "ステージ", "段階", "단계")
NUMBER_WORDS: Final = folded_words("no nr num number n numero nummer")
VERSION_WORDS: Final = folded_words("v ver version rev revision vers versione versao wersja")
"""A number after these counts exports and is no stage."""

START_WORDS: Final = folded_words(
    "initial inicial iniziale initiale start anfang anfangs beginn begin original pretreatment malocclusion maloclusion malokklusion "
    "before avant ausgang inicio debut inizio poczatek начало исходная"
)
START_SIGNS: Final = ("初始", "初期", "초기")
FINAL_WORDS: Final = folded_words("final finale finish ende end fin fine ziel target last endstellung koniec конец финал")
FINAL_SIGNS: Final = ("最终", "最終", "최종")
OTHER_WORDS: Final = {
    word: kind
    for kind, found in {
        "template": "template templates schablone schablonen plantilla gabarit gabarits mascherina szablon mall шаблон",
        "retainer": "retainer retainers retention contention retenedor contenedor contencion ritenzione retentie retencja hawley ретейнер",
        "overcorrection": "overcorrection overcorrections overkorrektur sobrecorreccion surcorrection ipercorrezione",
        "attachment": "attachment attachments attach aufbauten ataches aditamentos taquets attacchi аттачмент аттачменты",
    }.items()
    for word in found.split()
}
"""Words of files that belong to a case but are no stage of the setup, and which kind they are. The first kind in this order counts."""

KINDS: Final = ("template", "retainer", "overcorrection", "attachment")

TOOTH_WORDS: Final = folded_words(
    "tooth teeth zahn zahne diente dientes dent dents dente denti tand tander zab zeby dis crown krone зуб зубы"
)
TOOTH_SIGNS: Final = ("牙位", "牙齿", "歯", "치아")
GINGIVA_WORDS: Final = folded_words(
    "gingiva gingivae gum gums gingival zahnfleisch encia encias gencive gencives gengiva tandvlees dziaslo base soft десна"
)
GINGIVA_SIGNS: Final = ("牙龈", "歯肉", "잇몸")
SYSTEM_WORDS: Final = {"fdi": "FDI", "iso": "FDI", "universal": "Universal", "ada": "Universal"}
"""Words that say in which system the teeth are numbered."""

QUADRANT_CODES: Final = {"ur": 1, "ul": 2, "ll": 3, "lr": 4}
"""Upper right, upper left, lower left, lower right of the patient, as in “UR1”, and the FDI quadrant."""

INDEX_WORDS: Final = folded_words("part parts object obj mesh component shell item solid body teil objekt piece")
"""A number after these counts pieces and names no tooth."""

JAW_WORDS: Final = frozenset({"jaw", "arch", "model"})
_GLUED: Final = {word for word in UPPER_WORDS | LOWER_WORDS | STAGE_WORDS | ALIGNER_WORDS | START_WORDS if len(word) >= 4}
SPLITTABLE: Final = tuple(sorted({word for word in _GLUED if word.isascii()} | JAW_WORDS, key=len, reverse=True))
"""Words that are recognised inside a run of letters, such as “upperjawstage”."""
