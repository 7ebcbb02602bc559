"""What the fields of an order's prescription are called, which answers they take, and how they read as words.

Order.prescription holds the answers by field name: a value of the choices below, a number, a text, or for `tooth_<fdi>` a list of
restrictions. The form is filled in `orders`; the case page and the lab read it here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

FDI_PERMANENT: Final = tuple(quadrant * 10 + place for quadrant in (1, 2, 3, 4) for place in range(1, 9))
FDI_PRIMARY: Final = tuple(quadrant * 10 + place for quadrant in (5, 6, 7, 8) for place in range(1, 6))
MIN_STEPS: Final = 5
MAX_STEPS: Final = 60
MAX_QUANTITY: Final = 10


class Arches(models.TextChoices):
    BOTH = "both", gettext_lazy("Upper and lower")
    UPPER = "upper", gettext_lazy("Upper only")
    LOWER = "lower", gettext_lazy("Lower only")

    @property
    def scans(self) -> tuple[str, ...]:
        """The record slots that an order for these arches needs."""
        return {"both": ("upper_scan", "lower_scan"), "upper": ("upper_scan",), "lower": ("lower_scan",)}[self.value]


class Dentition(models.TextChoices):
    PERMANENT = "permanent", gettext_lazy("Permanent")
    MIXED = "mixed", gettext_lazy("Mixed")


class Duration(models.TextChoices):
    RECOMMENDED = "recommended", gettext_lazy("The lab recommends")
    LIMITED = "limited", gettext_lazy("Limit the number of steps")


class Goal(models.TextChoices):
    RECOMMENDED = "recommended", gettext_lazy("The lab recommends")
    MAINTAIN = "maintain", gettext_lazy("Maintain")
    IMPROVE = "improve", gettext_lazy("Improve")
    CORRECT = "correct", gettext_lazy("Correct")


class Crowding(models.TextChoices):
    RECOMMENDED = "recommended", gettext_lazy("The lab recommends")
    IPR = "ipr", gettext_lazy("Mostly by IPR")
    EXPANSION = "expansion", gettext_lazy("Mostly by expansion")
    PROCLINATION = "proclination", gettext_lazy("Mostly by proclination")
    LEAVE = "maintain", gettext_lazy("Leave as it is")


class Spacing(models.TextChoices):
    RECOMMENDED = "recommended", gettext_lazy("The lab recommends")
    CLOSE = "close", gettext_lazy("Close every space")
    SOME = "some", gettext_lazy("Leave some open: see instructions")
    LEAVE = "maintain", gettext_lazy("Leave as it is")


class ClassGoal(models.TextChoices):
    RECOMMENDED = "recommended", gettext_lazy("The lab recommends")
    MAINTAIN = "maintain", gettext_lazy("Maintain")
    CANINE = "canine", gettext_lazy("Class I at the canines")
    FULL = "full", gettext_lazy("Class I at canines and molars")


class Restriction(models.TextChoices):
    """What a tooth must be spared, or what it is; in a revision also that it is one to correct."""

    CORRECT = "correct", gettext_lazy("Correct this tooth")
    DO_NOT_MOVE = "do_not_move", gettext_lazy("Do not move")
    NO_ATTACHMENT = "no_attachment", gettext_lazy("No attachment")
    EXTRACT = "extract", gettext_lazy("Extract")
    IMPLANT = "implant", gettext_lazy("Implant")
    UNERUPTED = "unerupted", gettext_lazy("Unerupted")

    @property
    def icon(self) -> str:
        return {
            "correct": "rotate-ccw",
            "do_not_move": "lock",
            "no_attachment": "circle-slash",
            "extract": "x",
            "implant": "pin",
            "unerupted": "circle-dashed",
        }[self.value]


class IprRule(models.TextChoices):
    ALLOWED = "allowed", gettext_lazy("Where needed")
    FRONT = "front", gettext_lazy("Front teeth only")
    NONE = "none", gettext_lazy("None")


class AttachmentRule(models.TextChoices):
    ALLOWED = "allowed", gettext_lazy("Where needed")
    BACK = "back", gettext_lazy("Not on front teeth")
    NONE = "none", gettext_lazy("None")


class Wear(models.TextChoices):
    WEEK = "7", gettext_lazy("7 days a step")
    TEN = "10", gettext_lazy("10 days a step")
    TWO_WEEKS = "14", gettext_lazy("14 days a step")


class Source(models.TextChoices):
    """What an order is made from. A retainer takes a new scan, a revision whole new records; either may take a step."""

    SCAN = "scan", gettext_lazy("A new scan")
    RECORDS = "records", gettext_lazy("New records")
    STEP = "step", gettext_lazy("A step of the approved setup")


class Reason(models.TextChoices):
    """Why something is made again."""

    LOST = "lost", gettext_lazy("Lost")
    BROKEN = "broken", gettext_lazy("Broken")
    FIT = "fit", gettext_lazy("Does not fit")
    OTHER = "other", gettext_lazy("Another reason")


LABELS: Final = {
    "arches": gettext_lazy("Arches to treat"),
    "complaint": gettext_lazy("Chief complaint"),
    "dentition": gettext_lazy("Dentition"),
    "duration": gettext_lazy("Duration"),
    "duration_steps": gettext_lazy("At most this many steps"),
    "overjet": gettext_lazy("Overjet"),
    "overbite": gettext_lazy("Overbite"),
    "midline": gettext_lazy("Midline"),
    "crossbite": gettext_lazy("Crossbite"),
    "crowding": gettext_lazy("Crowding"),
    "spacing": gettext_lazy("Spacing"),
    "angle_class": gettext_lazy("Class"),
    "ipr": gettext_lazy("IPR"),
    "attachments": gettext_lazy("Attachments"),
    "wear": gettext_lazy("Wear schedule"),
    "instructions": gettext_lazy("Further instructions"),
    "source": gettext_lazy("Made from"),
    "source_step": gettext_lazy("Step of the setup"),
    "quantity": gettext_lazy("Quantity"),
    "correction": gettext_lazy("What to correct"),
    "replaced_steps": gettext_lazy("Steps to replace"),
    "reason": gettext_lazy("Reason"),
    "reason_words": gettext_lazy("What happened"),
}
CHOICES: Final[dict[str, type[models.TextChoices]]] = {
    "arches": Arches,
    "dentition": Dentition,
    "duration": Duration,
    "overjet": Goal,
    "overbite": Goal,
    "midline": Goal,
    "crossbite": Goal,
    "crowding": Crowding,
    "spacing": Spacing,
    "angle_class": ClassGoal,
    "ipr": IprRule,
    "attachments": AttachmentRule,
    "wear": Wear,
    "source": Source,
    "reason": Reason,
}
GOALS: Final = ("overjet", "overbite", "midline", "crossbite", "crowding", "spacing", "angle_class")
RULES: Final = ("ipr", "attachments", "wear")
# What a preference set may fill in: nothing of one patient.
PREFERENCES: Final = ("dentition", "duration", "duration_steps", *GOALS, *RULES, "instructions")
ALIGNER_DEFAULTS: Final = {
    "arches": "both",
    "dentition": "permanent",
    "duration": "recommended",
    **dict.fromkeys(GOALS, "recommended"),
    "ipr": "allowed",
    "attachments": "allowed",
    "wear": "14",
}
RETAINER_DEFAULTS: Final = {"arches": "both", "source": "scan", "quantity": 1}
# A revision begins with the answers of the order before it, but for what was said in words and the duration.
CARRIED_OVER: Final = ("arches", "dentition", *GOALS, *RULES)
REVISION_DEFAULTS: Final = {name: ALIGNER_DEFAULTS[name] for name in CARRIED_OVER} | {"source": "records"}
REPLACEMENT_DEFAULTS: Final = {"quantity": 1}
MAX_REPLACED: Final = 20


def step_numbers(text: str) -> list[int] | None:
    """The steps that "7, 9-11" names, each once and in order; None when it is no list of numbers from 1 to 99."""
    parts = [part for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip())) if part]
    found: set[int] = set()
    for part in parts:
        match = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", part)
        if match is None or int(match[1]) < 1:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            return None
        found.update(range(first, last + 1))
    return sorted(found)


def steps_written(numbers: list[int]) -> str:
    """Step numbers as they are stored and read: "7, 9–11"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


@dataclass(frozen=True)
class Answer:
    """One line of a prescription: which field, what it is called, what was answered in words ("" when nothing was)."""

    name: str
    label: str
    words: str

    @property
    def fdi(self) -> int:
        """The tooth it is about, 0 for none: pages that know the reader's numbering write it themselves."""
        return int(self.name.removeprefix("tooth_")) if self.name.startswith("tooth_") else 0


def words_of(name: str, value: Any) -> str:
    """An answer as people read it."""
    if value in (None, "", []):
        return ""
    if name in CHOICES:
        return str(CHOICES[name](value).label) if value in CHOICES[name].values else str(value)
    if name.startswith("tooth_"):
        return ", ".join(str(Restriction(each).label) for each in value if each in Restriction.values)
    if name == "duration_steps":
        return ngettext("%(n)s step", "%(n)s steps", int(value)) % {"n": value}
    return str(value)


def answers(prescription: dict[str, Any], names: tuple[str, ...]) -> list[Answer]:
    """The answers to `names`, in that order, those left empty too."""
    return [Answer(name, str(LABELS[name]), words_of(name, prescription.get(name))) for name in names]


def tooth_answers(prescription: dict[str, Any], number: Callable[[int], str] = str) -> list[Answer]:
    """The restricted teeth in FDI order; `number` writes a tooth in the reader's numbering."""
    found = [(fdi, words_of(f"tooth_{fdi}", prescription.get(f"tooth_{fdi}"))) for fdi in (*FDI_PERMANENT, *FDI_PRIMARY)]
    return [Answer(f"tooth_{fdi}", _("Tooth %(n)s") % {"n": number(fdi)}, words) for fdi, words in found if words]


def prescription_answers(prescription: dict[str, Any], number: Callable[[int], str] = str) -> list[Answer]:
    """Everything that was answered, as the case page and the lab show it."""
    names: tuple[str, ...] = ("correction", "source", "source_step", "quantity", "arches", "replaced_steps", "reason", "reason_words")
    names += ("complaint", "dentition", "duration")
    if prescription.get("duration") == Duration.LIMITED:
        names += ("duration_steps",)
    if prescription.get("source") != Source.STEP:
        names = tuple(name for name in names if name != "source_step")
    given = [_about(answer, prescription) for answer in answers(prescription, (*names, *GOALS, *RULES)) if answer.words]
    last = [answer for answer in answers(prescription, ("instructions",)) if answer.words]
    return [*given, *tooth_answers(prescription, number), *last]


def _about(answer: Answer, prescription: dict[str, Any]) -> Answer:
    """A step with the version whose step it is; the arches of what is only made as arches that are not treated."""
    version = prescription.get("source_version")
    if answer.name in {"source_step", "replaced_steps"} and version:
        return replace(answer, words=_("%(steps)s of version %(version)s") % {"steps": answer.words, "version": version})
    return replace(answer, label=_("Arches")) if answer.name == "arches" and "quantity" in prescription else answer
