"""The files of an import: what is proposed, what was answered, which stages that makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.core.sizes import file_size
from midline.lab.import_page.numbers import renumbered
from midline.records.mesh_words import in_words
from midline.setups.models import SetupImport
from midline.setups.numbers import SYSTEMS
from midline.setups.services.mapping import ARCHES, BESIDE, GINGIVA, STAGE, TOOTH, WHOLE, arch_words

SURE: Final = 0.9
Posted = Mapping[str, str]


@dataclass
class FileRow:
    """One file of the ZIP: what it is taken for, and what is asked about it. answer: take, beside, leave, or "" when it waits for one.

    members: how many files this row answers for; several files of one tooth that raise the same question are asked about once.
    follows: the index of the row that answers for this one, else its own.
    """

    index: int
    name: str
    size: str
    triangles: int | None
    arch: str
    stage: str
    percent: int
    why: str
    doubtful: bool
    answer: str
    has_thumb: bool
    kind: str = STAGE
    part: str = WHOLE
    fdi: str = ""
    group: str = ""
    members: int = 1
    span: str = ""
    follows: int = -1
    reason: str = ""
    remedy: str = ""
    carried: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        return "act" if self.doubtful else "good"

    @property
    def supply(self) -> str:
        """The field with which a file comes in the place of this one."""
        return f"file-{self.index}"

    @property
    def is_beside(self) -> bool:
        return self.kind in BESIDE

    @property
    def kind_words(self) -> str:
        return kind_words(self.kind)

    @property
    def part_words(self) -> str:
        """ "Tooth 11" and the like stand in a field of their own; here what is no tooth."""
        return _("Gingiva") if self.part == GINGIVA else ""

    @property
    def source(self) -> tuple[str, str]:
        """Which column of the grid of teeth the file stands in."""
        return (GINGIVA, "") if self.part == GINGIVA else (self.part, self.fdi or self.group or self.name)


@dataclass(frozen=True)
class FileGroup:
    key: str
    label: str
    tone: str
    note: str
    rows: list[FileRow]
    is_open: bool

    @property
    def count(self) -> int:
        """How many files, also those that a row answers for."""
        return sum(max(1, row.members) for row in self.rows)


def kind_words(kind: str) -> str:
    words = {
        "template": _("Template"),
        "retainer": _("Retainer"),
        "attachment": _("Attachment model"),
        "overcorrection": _("Overcorrection"),
    }
    return words.get(kind, "")


def answered(report: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """What was said of files by name before this reading: in the import before, and in this one before a file was added."""
    return {**report.get("carried", {}), **report.get("kept", {})}


def is_doubtful(row: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    """Whether a person should look: not sure, no arch or stage, or one of two that claim the same place. Not asked twice of one name."""
    if row["refused"] or row["name"] in answered(report):
        return False
    if row.get("kind", STAGE) in BESIDE:
        return bool(row["confidence"] < SURE)
    twice = {name for double in report.get("doubles", []) for name in double["files"]}
    return row["confidence"] < SURE or row["arch"] is None or row["stage"] is None or row["name"] in twice


def found_rows(item: SetupImport, numbering: str = "") -> list[dict[str, Any]]:
    """The rows of the report, their tooth numbers read in the system that was chosen."""
    return renumbered(item.report, numbering or item.report.get("numbering_chosen", ""))


def file_rows(
    item: SetupImport, posted: Posted | None = None, errors: Mapping[str, str] | None = None, numbering: str = ""
) -> list[FileRow]:
    """The files as proposed, as answered before, or as just posted with what is wrong about them."""
    mapped = {row["name"]: row for row in item.mapping}
    before, carried = answered(item.report), item.report.get("carried", {})
    found = found_rows(item, numbering)
    doubts = [is_doubtful(row, item.report) for row in found]
    leads, counts = _leaders(found, doubts)
    rows = []
    for index, (about, doubtful, lead) in enumerate(zip(found, doubts, leads, strict=True)):
        name = about["name"]
        shown: Mapping[str, Any] = mapped.get(name) or before.get(name) or about
        if numbering and about.get("number"):
            shown = about
        answer = _answer(shown.get("kind", STAGE))
        if mapped or name in before:
            answer = answer if (name in mapped if mapped else before[name] is not None) else "leave"
        elif doubtful:
            answer = ""
        arch, stage, fdi = shown["arch"] or "", "" if shown["stage"] is None else str(shown["stage"]), str(shown.get("fdi") or "")
        if posted is not None:
            arch, fdi = posted.get(f"arch-{lead}", arch), posted.get(f"fdi-{lead}", fdi)
            stage = posted.get(f"stage-{index}", stage)
            answer = posted.get(f"answer-{lead}", "" if doubtful else answer)
        refused = about["refused"] or {}
        named = {kind: (errors or {}).get(f"{kind}-{index}", "") for kind in ("arch", "stage", "fdi", "answer")}
        rows.append(
            FileRow(
                index=index,
                name=name,
                size=file_size(about["size_bytes"]),
                triangles=about["triangles"],
                arch=arch,
                stage=stage,
                percent=round(100 * (about["confidence"] or 0)),
                why=_why(about, item.report),
                doubtful=doubtful,
                answer=answer,
                has_thumb=about["thumb"] in item.thumbs,
                kind=about.get("kind", STAGE),
                part=about.get("part") or WHOLE,
                fdi=fdi,
                group=about.get("group") or "",
                members=counts[index],
                follows=lead,
                reason=in_words(refused.get("reason", "")),
                remedy=in_words(refused.get("remedy", "")),
                carried=name in carried and not mapped,
                errors={kind: words for kind, words in named.items() if words},
            )
        )
    return rows


def _answer(kind: str) -> str:
    return "beside" if kind in BESIDE else "take"


def _leaders(found: list[dict[str, Any]], doubts: list[bool]) -> tuple[list[int], list[int]]:
    """(for each file the row that answers for it, for each row how many files it answers for).

    The files of one tooth that raise the same question about arch or tooth, each with a stage of its own, are asked about once.
    """
    leads, counts = list(range(len(found))), [1] * len(found)
    first: dict[tuple[Any, ...], int] = {}
    stages: dict[int, set[int]] = {}
    for index, (row, doubtful) in enumerate(zip(found, doubts, strict=True)):
        if not doubtful or row.get("part", WHOLE) == WHOLE or not row.get("group") or row["stage"] is None:
            continue
        lead = first.setdefault((row["group"], row["part"], row["arch"], row["reason"]), index)
        seen = stages.setdefault(lead, set())
        if row["stage"] in seen:
            continue
        seen.add(row["stage"])
        if lead != index:
            leads[index], counts[lead], counts[index] = lead, counts[lead] + 1, 0
    return leads, counts


def _why(found: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """What `meshes` doubts; a second file for the same place is named even where it said nothing."""
    if found["reason"]:
        return in_words(str(found["reason"]))
    for double in report.get("doubles", []):
        if found["name"] in double["files"]:
            words = _("%(n)s files claim %(arch)s stage %(stage)s. Keep one, or enter another stage.")
            return words % {"n": len(double["files"]), "arch": arch_words(double["arch"]).lower(), "stage": double["stage"]}
    return ""


def file_groups(
    rows: list[FileRow], *, answered: bool, single_teeth: bool = False, changing: frozenset[int] = frozenset()
) -> list[FileGroup]:
    """Doubtful files first, then the refused, then what is kept beside, then each arch; sure ones fold.

    single_teeth: hundreds of files stand in the grid of teeth instead; `changing` are those that were picked there.
    """
    rows = [row for row in rows if row.members or row.index in changing or row.errors]
    doubtful = [row for row in rows if row.doubtful and not row.reason]
    wrong = any(row.errors for row in rows)
    sure = [row for row in rows if not row.doubtful and not row.reason]
    groups = [
        FileGroup("confirm", _("To confirm"), "act", _("Nothing is published before these are answered"), doubtful, not answered or wrong),
        FileGroup("refused", _("Refused"), "stop", _("These are not used"), [row for row in rows if row.reason], is_open=True),
    ]
    if single_teeth:
        picked = [row for row in sure if row.index in changing or row.errors]
        groups.append(FileGroup("change", _("To change"), "idle", _("Picked in the grid of teeth"), picked, is_open=True))
    beside = [row for row in sure if row.is_beside and row.index not in changing]
    note = _("They stay with the original and are no stages")
    groups.append(FileGroup("beside", _("Kept beside the stages"), "good", note, beside, any(row.errors for row in beside)))
    sure = [] if single_teeth else [row for row in sure if not row.is_beside]
    for arch, label in (("upper", _("Upper arch")), ("lower", _("Lower arch"))):
        mine = [row for row in sure if row.arch == arch]
        numbers = [int(row.stage) for row in mine if row.stage.isdigit()]
        note = _("stages %(first)s–%(last)s, all sure") % {"first": min(numbers), "last": max(numbers)} if numbers else ""
        groups.append(FileGroup(arch, label, "good", note, mine, any(row.errors for row in mine)))
    other = [row for row in sure if row.arch not in ARCHES]
    groups.append(FileGroup("other", _("Without an arch"), "idle", "", other, is_open=True))
    return [group for group in groups if group.rows]


def mapping_posted(item: SetupImport, posted: Posted) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(the answer, what is wrong with it): a doubtful file without an answer, a stage that is no whole number."""
    mapping: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for row in file_rows(item, posted, numbering=posted.get("numbering", "")):
        if row.reason or row.answer == "leave":
            continue
        if row.answer not in {"take", "beside"}:
            words = _("“%(name)s” waits for an answer. Confirm it, or leave it out.")
            errors.setdefault(f"answer-{row.follows}", words % {"name": row.name})
        elif row.answer == "beside" and row.is_beside:
            mapping.append({"name": row.name, "kind": row.kind, "part": row.part, "arch": None, "stage": None})
        elif row.stage.strip() and not row.stage.strip().isdecimal():
            words = _("“%(value)s” is no stage. Enter a whole number, 0 for the start.")
            errors[f"stage-{row.index}"] = words % {"value": row.stage[:20]}
        else:
            stage = int(row.stage) if row.stage.strip() and len(row.stage) < 6 else None
            mapping.append({"name": row.name, "arch": row.arch or None, "stage": stage} | _of_tooth(row))
    return mapping, errors


def answers_posted(item: SetupImport, posted: Posted) -> dict[str, dict[str, Any] | None]:
    """{name: the answer in the form, None for a file left out}. Files that wait for one, or have no readable stage, are absent."""
    found: dict[str, dict[str, Any] | None] = {}
    factors = {fit["unit"]: fit["factor"] for fit in (item.report.get("unit") or {}).get("fits", [])}
    factor = factors.get(posted.get("unit", ""))
    scale = {"scale": factor} if factor else {}
    for row in file_rows(item, posted, numbering=posted.get("numbering", "")):
        if row.reason or (row.answer == "beside") != row.is_beside:
            continue
        if row.answer == "leave":
            found[row.name] = None
        elif row.answer == "beside":
            found[row.name] = {"name": row.name, "kind": row.kind, "part": row.part, "arch": None, "stage": None}
        elif row.answer == "take" and row.arch and row.stage.strip().isdecimal() and len(row.stage) < 6:
            found[row.name] = {"name": row.name, "arch": row.arch, "stage": int(row.stage)} | scale | _of_tooth(row)
    return found


def looked_at(posted: Posted) -> dict[str, str]:
    """What was typed, after a button that saves nothing: another numbering ("numbering-FDI"), a file picked in the grid ("change-12").

    Another numbering lets go of the teeth and arches that were typed for the old one.
    """
    act, _sep, value = posted.get("act", "").partition("-")
    found = {key: posted.get(key, "") for key in posted}
    if act == "numbering" and value in SYSTEMS:
        found = {key: text for key, text in found.items() if not key.startswith(("fdi-", "arch-", "answer-"))} | {"numbering": value}
    if act == "change" and value.isdecimal():
        found["changing"] = ",".join([*filter(None, found.get("changing", "").split(",")), value])
    return found


def _of_tooth(row: FileRow) -> dict[str, Any]:
    if row.part == WHOLE:
        return {}
    fdi = int(row.fdi) if row.part == TOOTH and row.fdi.isdecimal() and len(row.fdi) < 4 else None
    return {"kind": STAGE, "part": row.part, "fdi": fdi, "group": row.group or row.name}


def spans(rows: list[FileRow]) -> list[FileRow]:
    """Says of each row that answers for several files how many, and which stages."""
    for row in rows:
        if row.members > 1:
            stages = sorted(int(other.stage) for other in rows if other.follows == row.index and other.stage.isdecimal())
            words = ngettext("%(n)s file, stages %(first)s–%(last)s", "%(n)s files, stages %(first)s–%(last)s", row.members)
            row.span = words % {"n": row.members, "first": stages[0], "last": stages[-1]} if stages else ""
    return rows
