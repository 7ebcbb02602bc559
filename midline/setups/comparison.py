"""What changed since an earlier version, as the review page shows it: the rule of `compare`, read from the tables and put into words."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from midline.cases.models import Case
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.conversation.queries import change_requests
from midline.people.policies import Actor
from midline.setups import compare
from midline.setups.compare import ANGLES, MOVEMENTS, STILL, Asked, Attached, Change, Content, Reduction, Six
from midline.setups.models import SetupVersion
from midline.setups.words import before_in_words, estimated, until_in_words

LABELS: Final = {
    "mesial": gettext_lazy("Mesio-distal"),
    "buccal": gettext_lazy("Bucco-lingual"),
    "occlusal": gettext_lazy("Vertical"),
    "rotation": gettext_lazy("Rotation"),
    "tip": gettext_lazy("Tip"),
    "torque": gettext_lazy("Torque"),
}
INSIDE: Final = {
    "mesial": gettext_lazy("mesio-distal"),
    "buccal": gettext_lazy("bucco-lingual"),
    "occlusal": gettext_lazy("vertical"),
    "rotation": gettext_lazy("rotation"),
    "tip": gettext_lazy("tip"),
    "torque": gettext_lazy("torque"),
}
"""The same inside a list; a language with capital nouns keeps them."""
WAYS: Final = {
    "mesial": (gettext_lazy("mesial"), gettext_lazy("distal")),
    "buccal": (gettext_lazy("buccal"), gettext_lazy("lingual")),
    "occlusal": (gettext_lazy("extrusion"), gettext_lazy("intrusion")),
    "rotation": (gettext_lazy("mesial out"), gettext_lazy("mesial in")),
    "tip": (gettext_lazy("mesial"), gettext_lazy("distal")),
    "torque": (gettext_lazy("root lingual"), gettext_lazy("root buccal")),
}
MOST_NAMED: Final = 3
"""Movements that a row names before "and 2 more"; its table has all six."""

SURFACES: Final = {"buccal": "", "lingual": gettext_lazy("lingual")}
"""Where an attachment sits; buccal is what everybody expects, so it is not said."""


@dataclass(frozen=True)
class Line:
    """One of the six movements in both versions. bars: CSS widths and sides, was then now."""

    label: str
    was: str
    now: str
    by: str
    bars: list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One line of the list. anchor names it in the page; stage: where the change is best seen, 0 for any."""

    anchor: str
    change: Change
    title: str
    was: str
    now: str
    asked: list[ChangeItem]
    table: list[Line]
    stage: int


@dataclass(frozen=True)
class Comparison:
    """other: the earlier version. unmet: lines asked for without a trace; loose: words that name no tooth, for the reader to judge."""

    version: SetupVersion
    other: SetupVersion
    rows: list[Row]
    unmet: list[ChangeItem]
    loose: list[str]
    unchanged: int
    teeth_unknown: bool = False
    """One of the two has no numbered teeth: how they move was not compared."""

    @property
    def teeth(self) -> list[int]:
        """Every tooth that a row names, FDI."""
        return sorted({tooth for row in self.rows for tooth in row.change.teeth})

    @property
    def asked_for(self) -> int:
        return sum(row.change.asked for row in self.rows)

    @property
    def on_top(self) -> list[tuple[int, ...]]:
        """The teeth of each change that nobody asked for, each tooth or contact once; empty where it concerns a whole arch."""
        return list(dict.fromkeys(row.change.teeth for row in self.rows if not row.change.asked and row.change.teeth))

    @property
    def limits(self) -> dict[str, str]:
        """What counts as no change: {"mm": "0.1", "degrees": "1"}, as the reader writes numbers."""
        return {"mm": _number(compare.LEAST_MM, 1), "degrees": _number(compare.LEAST_DEG, 0)}

    def sentences(self) -> list[str]:
        """ "Five teeth move differently. IPR changed at one contact." and what became of the requests."""
        moved = len({row.change.teeth for row in self.rows if row.change.kind == "movement"})
        count = Counter(row.change.kind for row in self.rows)
        iprs, attached, gaps = count["ipr"], count["attachment"], count["extraction"] + count["pontic"]
        said = []
        if moved:
            said.append(ngettext("%(n)s tooth moves differently.", "%(n)s teeth move differently.", moved) % {"n": moved})
        if iprs:
            said.append(ngettext("IPR changed at %(n)s contact.", "IPR changed at %(n)s contacts.", iprs) % {"n": iprs})
        if attached:
            said.append(ngettext("Attachments changed on %(n)s tooth.", "Attachments changed on %(n)s teeth.", attached) % {"n": attached})
        if gaps:
            words = ngettext("An extraction or pontic changed at %(n)s tooth.", "Extractions or pontics changed at %(n)s teeth.", gaps)
            said.append(words % {"n": gaps})
        arches = {
            "upper": _("The upper arch takes %(now)s stages instead of %(was)s."),
            "lower": _("The lower arch takes %(now)s stages instead of %(was)s."),
        }
        for row in self.rows:
            if row.change.kind == "stages":
                said.append(arches[row.change.arch] % {"now": row.change.now, "was": row.change.was})
        return said

    def caution(self) -> str:
        """A word of care where the two movement tables were not made alike; nothing where they were."""
        if self.teeth_unknown:
            return _("The teeth of one of the two versions have no numbers, so how they move could not be compared.")
        made = [(row.plan.get("movement_source", ""), row.plan.get("reference_point", "")) for row in (self.version, self.other)]
        if made[0] == made[1]:
            return ""
        return (
            _(
                "The movements of the two versions come from different sources or are measured at different points: "
                "that alone can make up to %(point)s mm and %(turn)s°."
            )
            % estimated()
        )

    def block(self) -> dict[str, Any]:
        """What the viewer needs of it: the earlier version, the teeth to tint, the attachments that are gone."""
        gone = [row.change.teeth[0] for row in self.rows if row.change.kind == "attachment" and not row.change.now]
        return {"with": self.other.number, "teeth": self.teeth, "attachments_gone": gone}


def content(version: SetupVersion) -> Content:
    """A version as plain values for `compare`."""
    movements: dict[int, Six] = {}
    for fdi, *six in version.movements.order_by("fdi", "stage").values_list("fdi", *(f"{name}_{_unit(name)}" for name in MOVEMENTS)):
        movements[fdi] = cast(Six, tuple(six))
    iprs: dict[tuple[int, int], list[Reduction]] = defaultdict(list)
    for row in version.iprs.all():
        iprs[compare.contact(row.tooth_a, row.tooth_b)].append(Reduction(row.amount_mm, row.before_stage))
    attachments: dict[int, list[Attached]] = defaultdict(list)
    for item in version.attachments.all():
        attachments[item.tooth].append(Attached(item.surface, item.shape, item.size, item.added_stage, item.removed_stage))
    return Content(
        number=version.number,
        stages={"upper": version.stages_upper, "lower": version.stages_lower},
        teeth=frozenset(fdi for fdi in version.parts.values_list("fdi", flat=True) if fdi is not None),
        movements=movements,
        iprs={pair: tuple(rows) for pair, rows in iprs.items()},
        attachments={tooth: tuple(items) for tooth, items in attachments.items()},
        extractions={row.tooth: row.before_stage for row in version.extractions.all()},
        pontics={row.tooth: row.until_stage for row in version.pontics.all()},
    )


def _unit(movement: str) -> str:
    return "deg" if movement in ANGLES else "mm"


def comparison(
    case: Case, version: SetupVersion, other: SetupVersion, actor: Actor, asked_on: Iterable[ChangeRequest] | None = None
) -> Comparison:
    """`version` held against an earlier one, with the requests that were sent on the versions between them.

    asked_on: the requests of the case that the actor reads, where they were read before.
    """
    requests = [
        request
        for request in (change_requests(case, actor) if asked_on is None else asked_on)
        if request.state == ChangeRequest.State.SENT and other.number <= request.version < version.number
    ]
    items = {item.pk: item for request in requests for item in request.items.all()}
    asked = [Asked(item.pk, item.movement, item.tooth, item.tooth_b) for item in items.values()]
    new, old = content(version), content(other)
    found = compare.changes(new, old, asked)
    scale = _scale([*new.movements.values(), *old.movements.values()])
    rows = [_row(change, index, items, scale) for index, change in enumerate(found)]
    named = {tooth for change in found for tooth in change.teeth}
    loose = [request.words for request in requests if request.words] + [item.words for item in items.values() if _loose(item)]
    return Comparison(
        version=version,
        other=other,
        rows=rows,
        unmet=[items[line.key] for line in compare.unmet(found, asked)],
        loose=loose,
        unchanged=len((new.teeth & old.teeth) - named),
        teeth_unknown=not new.teeth or not old.teeth,
    )


def _loose(item: ChangeItem) -> bool:
    return item.tooth is None and item.movement == ChangeItem.Movement.OTHER and bool(item.words)


def _scale(all_movements: Iterable[Six]) -> dict[str, float]:
    """What half a bar stands for: one scale for both versions, at least 1 mm and 10°."""
    scale = {"mm": 1.0, "deg": 10.0}
    for six in all_movements:
        for name, value in zip(MOVEMENTS, six, strict=True):
            scale[_unit(name)] = max(scale[_unit(name)], abs(value))
    return scale


def _row(change: Change, index: int, items: dict[int, ChangeItem], scale: dict[str, float]) -> Row:
    asked = [items[key] for key in change.lines]
    title, was, now, stage = MAKERS[change.kind](change)
    table = _table(change, scale) if change.kind == "movement" else []
    return Row(f"change-{index}", change, title, was, now, asked, table, stage)


def _movement(change: Change) -> tuple[str, str, str, int]:
    was, now = cast(Six, change.was), cast(Six, change.now)
    names = change.movements[:MOST_NAMED]
    title = ", ".join(str((INSIDE if n else LABELS)[name]) for n, name in enumerate(names))
    if more := len(change.movements) - len(names):
        title = _("%(names)s and %(n)s more") % {"names": title, "n": more}
    pairs = [(name, was[MOVEMENTS.index(name)], now[MOVEMENTS.index(name)]) for name in names]
    return (
        title,
        ", ".join(_amount(name, before, said=_turned(before, after)) for name, before, after in pairs),
        ", ".join(_amount(name, after, said=_turned(before, after)) for name, before, after in pairs),
        0,
    )


def _turned(before: float, after: float) -> bool:
    """Whether the direction must be said: it changed, or there was or is none."""
    return (before > 0) != (after > 0) or not before or not after


def _amount(movement: str, value: float, *, said: bool = False) -> str:
    text = _number(value, 1)
    text = f"{text}°" if movement in ANGLES else f"{text}\u202fmm"
    if said and abs(value) >= 0.05:
        text += f" {WAYS[movement][0 if value > 0 else 1]}"
    return text


def _number(value: float | Decimal, decimals: int) -> str:
    return str(formats.number_format(abs(round(float(value), decimals)), decimal_pos=decimals))


def _table(change: Change, scale: dict[str, float]) -> list[Line]:
    lines = []
    was, now = cast(Six, change.was or STILL), cast(Six, change.now or STILL)
    for name, before, after in zip(MOVEMENTS, was, now, strict=True):
        by = round(abs(after), 1) - round(abs(before), 1)
        turned = (before > 0.05 and after < -0.05) or (before < -0.05 and after > 0.05)
        unit = "°" if name in ANGLES else "\u202fmm"
        words = _("turned") if turned else "–" if abs(by) < 0.05 else f"{'+' if by > 0 else '−'}{_number(by, 1)}{unit}"
        lines.append(
            Line(
                str(LABELS[name]),
                _amount(name, before),
                _amount(name, after),
                words,
                [_bar(v, scale[_unit(name)]) for v in (before, after)],
            )
        )
    return lines


def _bar(value: float, full: float) -> tuple[str, str]:
    """Side and width for CSS, in which numbers are written with a point in every language."""
    return ("right" if value < 0 else "left", f"{min(1.0, abs(value) / full) * 50:.1f}%")


def _ipr(change: Change) -> tuple[str, str, str, int]:
    was, now = cast(tuple[Reduction, ...], change.was), cast(tuple[Reduction, ...], change.now)
    return _("IPR"), _reductions(was), _reductions(now), min((row.before_stage for row in now or was), default=0)


def _reductions(rows: tuple[Reduction, ...]) -> str:
    words = _("%(amount)s before stage %(n)s")
    return ", ".join(words % {"amount": f"{_number(row.amount_mm, 2)}\u202fmm", "n": row.before_stage} for row in rows) or _("none")


def _attachment(change: Change) -> tuple[str, str, str, int]:
    was, now = cast(tuple[Attached, ...], change.was), cast(tuple[Attached, ...], change.now)
    return _("Attachment"), _attached(was), _attached(now), min((item.added for item in now or was), default=0)


def _attached(items: tuple[Attached, ...]) -> str:
    said = []
    for item in items:
        surface = str(SURFACES.get(item.surface, item.surface))
        words = _("%(what)s, stages %(first)s to %(last)s") if item.removed is not None else _("%(what)s, from stage %(first)s")
        what = ", ".join(part for part in (item.shape, item.size, surface) if part)
        said.append(words % {"what": what, "first": item.added, "last": item.removed})
    return "; ".join(said) or _("none")


def _extraction(change: Change) -> tuple[str, str, str, int]:
    was, now = cast(tuple[int, ...], change.was), cast(tuple[int, ...], change.now)
    return _("Extraction"), _taken_out(was), _taken_out(now), max((*now, *was))


def _taken_out(rows: tuple[int, ...]) -> str:
    return ", ".join(before_in_words(stage) for stage in rows) or _("none")


def _pontic(change: Change) -> tuple[str, str, str, int]:
    was, now = cast(tuple[int | None, ...], change.was), cast(tuple[int | None, ...], change.now)
    return _("Pontic"), _filled(was), _filled(now), 0


def _filled(rows: tuple[int | None, ...]) -> str:
    return ", ".join(until_in_words(stage) for stage in rows) or _("none")


def _tooth(change: Change) -> tuple[str, str, str, int]:
    there, absent = _("in the models"), _("not in the models")
    return _("Tooth"), there if change.was else absent, there if change.now else absent, 0


def _stages(change: Change) -> tuple[str, str, str, int]:
    title = _("Stages of the upper arch") if change.arch == "upper" else _("Stages of the lower arch")
    return title, str(change.was), str(change.now), 0


MAKERS: Final[dict[str, Callable[[Change], tuple[str, str, str, int]]]] = {
    "movement": _movement, "ipr": _ipr, "attachment": _attachment, "extraction": _extraction, "pontic": _pontic, "tooth": _tooth,
    "stages": _stages,
}  # fmt: skip
"""Change.kind → its title, was, now, and the stage at which it is best seen."""
