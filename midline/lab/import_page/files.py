"""The files of an import: what is proposed, what was answered, which stages that makes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _

from midline.records.mesh_words import in_words
from midline.setups.models import SetupImport
from midline.setups.services.mapping import ARCHES, arch_words

SURE: Final = 0.9
Posted = Mapping[str, str]


def megabytes(size: int) -> str:
    """ "212 MB", "4.7 MB", "87 KB"."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    return f"{formats.number_format(size / 1_000_000, 1 if size < 20_000_000 else 0)} MB"


@dataclass
class FileRow:
    """One file of the ZIP: what it is taken for, and what is asked about it. answer: take, leave, or "" when it waits for one."""

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
    reason: str = ""
    remedy: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        return "act" if self.doubtful else "good"


@dataclass(frozen=True)
class FileGroup:
    key: str
    label: str
    tone: str
    note: str
    rows: list[FileRow]
    is_open: bool


def is_doubtful(row: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    """Whether a person should look: not sure, no arch or stage, or one of two that claim the same place."""
    if row["refused"]:
        return False
    twice = {name for double in report.get("doubles", []) for name in double["files"]}
    return row["confidence"] < SURE or row["arch"] is None or row["stage"] is None or row["name"] in twice


def file_rows(item: SetupImport, posted: Posted | None = None, errors: Mapping[str, str] | None = None) -> list[FileRow]:
    """The files as proposed, as answered before, or as just posted with what is wrong about them."""
    mapped = {row["name"]: row for row in item.mapping}
    rows = []
    for index, found in enumerate(item.report.get("files", [])):
        doubtful = is_doubtful(found, item.report)
        shown = mapped.get(found["name"]) or found
        answer = ("take" if found["name"] in mapped else "leave") if mapped else ("" if doubtful else "take")
        arch, stage = shown["arch"] or "", "" if shown["stage"] is None else str(shown["stage"])
        if posted is not None:
            arch, stage = posted.get(f"arch-{index}", arch), posted.get(f"stage-{index}", stage)
            answer = posted.get(f"answer-{index}", "" if doubtful else "take")
        refused = found["refused"] or {}
        named = {kind: (errors or {}).get(f"{kind}-{index}", "") for kind in ("arch", "stage", "answer")}
        rows.append(
            FileRow(
                index=index,
                name=found["name"],
                size=megabytes(found["size_bytes"]),
                triangles=found["triangles"],
                arch=arch,
                stage=stage,
                percent=round(100 * (found["confidence"] or 0)),
                why=_why(found, item.report),
                doubtful=doubtful,
                answer=answer,
                has_thumb=found["thumb"] in item.thumbs,
                reason=in_words(refused.get("reason", "")),
                remedy=in_words(refused.get("remedy", "")),
                errors={kind: words for kind, words in named.items() if words},
            )
        )
    return rows


def _why(found: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """What `meshes` doubts; a second file for the same place is named even where it said nothing."""
    if found["reason"]:
        return in_words(str(found["reason"]))
    for double in report.get("doubles", []):
        if found["name"] in double["files"]:
            words = _("%(n)s files claim %(arch)s stage %(stage)s. Keep one, or enter another stage.")
            return words % {"n": len(double["files"]), "arch": arch_words(double["arch"]).lower(), "stage": double["stage"]}
    return ""


def file_groups(rows: list[FileRow], *, answered: bool) -> list[FileGroup]:
    """Doubtful files first, then the refused, then each arch; sure ones fold."""
    doubtful = [row for row in rows if row.doubtful and not row.reason]
    wrong = any(row.errors for row in rows)
    groups = [
        FileGroup("confirm", _("To confirm"), "act", _("Nothing is published before these are answered"), doubtful, not answered or wrong),
        FileGroup("refused", _("Refused"), "stop", _("These are not used"), [row for row in rows if row.reason], is_open=True),
    ]
    for arch, label in (("upper", _("Upper arch")), ("lower", _("Lower arch"))):
        sure = [row for row in rows if not row.doubtful and not row.reason and row.arch == arch]
        numbers = [int(row.stage) for row in sure if row.stage.isdigit()]
        note = _("stages %(first)s–%(last)s, all sure") % {"first": min(numbers), "last": max(numbers)} if numbers else ""
        groups.append(FileGroup(arch, label, "good", note, sure, any(row.errors for row in sure)))
    other = [row for row in rows if not row.doubtful and not row.reason and row.arch not in ARCHES]
    groups.append(FileGroup("other", _("Without an arch"), "idle", "", other, is_open=True))
    return [group for group in groups if group.rows]


def mapping_posted(item: SetupImport, posted: Posted) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(the answer, what is wrong with it): a doubtful file without an answer, a stage that is no whole number."""
    mapping: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for row in file_rows(item, posted):
        if row.reason or row.answer == "leave":
            continue
        if row.answer != "take":
            errors[f"answer-{row.index}"] = _("“%(name)s” waits for an answer. Confirm it, or leave it out.") % {"name": row.name}
        elif row.stage.strip() and not row.stage.strip().isdecimal():
            words = _("“%(value)s” is no stage. Enter a whole number, 0 for the start.")
            errors[f"stage-{row.index}"] = words % {"value": row.stage[:20]}
        else:
            stage = int(row.stage) if row.stage.strip() and len(row.stage) < 6 else None
            mapping.append({"name": row.name, "arch": row.arch or None, "stage": stage})
    return mapping, errors


@dataclass(frozen=True)
class Strip:
    """The stages of one arch as small boxes. cells: (number, found | doubt | missing)."""

    label: str
    words: str
    cells: list[tuple[int, str]]
    blanks: range


def strips(rows: list[FileRow]) -> list[Strip]:
    """Which stages are there, which wait for an answer, which are missing: one strip an arch."""
    taken: dict[str, dict[int, list[FileRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if not row.reason and row.answer != "leave" and row.arch in ARCHES and row.stage.isdecimal() and len(row.stage) < 4:
            taken[row.arch][int(row.stage)].append(row)
    if not taken:
        return []
    first = min(min(stages) for stages in taken.values())
    longest = max(max(stages) for stages in taken.values())
    found = []
    for arch in ARCHES:
        stages = taken.get(arch)
        if not stages:
            continue
        last = max(stages)
        cells = [(n, _cell(stages.get(n, []))) for n in range(first, last + 1)]
        missing = sum(1 for _n, state in cells if state == "missing")
        words = _("%(n)s of %(of)s") % {"n": len(cells) - missing, "of": len(cells)}
        if missing:
            words += ", " + _("%(n)s missing") % {"n": missing}
        twice = [str(n) for n, files in sorted(stages.items()) if len(files) > 1]
        if twice:
            words += ", " + _("%(stages)s twice") % {"stages": ", ".join(twice)}
        found.append(Strip(f"{arch_words(arch)}, {first}–{last}", words, cells, range(longest - last)))
    return found


def _cell(files: list[FileRow]) -> str:
    if not files:
        return "missing"
    return "doubt" if len(files) > 1 or any(row.doubtful and row.answer != "take" for row in files) else "found"
