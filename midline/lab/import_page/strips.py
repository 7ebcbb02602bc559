"""Which stages are there: a strip of boxes an arch, and for an export of single teeth a grid of teeth and stages."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from midline.lab.import_page.files import FileRow
from midline.people.numbering import tooth_number
from midline.setups.services.mapping import ARCHES, GINGIVA, TOOTH, arch_words

MOST_NAMED: Final = 8


@dataclass(frozen=True)
class Strip:
    """The stages of one arch as small boxes. cells: (number, found | doubt | missing)."""

    arch: str
    label: str
    words: str
    cells: list[tuple[int, str]]
    blanks: range


@dataclass(frozen=True)
class Cell:
    """One tooth at one stage. state: found, doubt, missing, or "" where the tooth is not there yet or any more."""

    state: str
    index: int
    said: str


@dataclass(frozen=True)
class Grid:
    """The files of one arch: a row a stage, a column a tooth from the patient's right to left, the gingiva last."""

    arch: str
    label: str
    note: str
    tone: str
    heads: list[str]
    rows: list[tuple[int, list[Cell]]]


def taken(rows: list[FileRow]) -> dict[str, dict[int, list[FileRow]]]:
    """arch → stage → the files that stand there, in one arch or another."""
    found: dict[str, dict[int, list[FileRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        placed = row.arch in ARCHES and row.stage.isdecimal() and len(row.stage) < 4
        if not row.reason and row.answer not in {"leave", "beside"} and placed:
            found[row.arch][int(row.stage)].append(row)
    return found


def strips(rows: list[FileRow]) -> list[Strip]:
    """Which stages are there, which wait for an answer, which are missing: one strip an arch."""
    found = taken(rows)
    if not found:
        return []
    first = min(min(stages) for stages in found.values())
    longest = max(max(stages) for stages in found.values())
    made = []
    for arch in ARCHES:
        stages = found.get(arch)
        if not stages:
            continue
        last = max(stages)
        reach = _reach(stages)
        cells = [(n, _cell(stages.get(n, []), n, reach)) for n in range(first, last + 1)]
        missing = sum(1 for _n, state in cells if state == "missing")
        words = _("%(n)s of %(of)s") % {"n": len(cells) - missing, "of": len(cells)}
        if missing:
            words += ", " + _("%(n)s missing") % {"n": missing}
        twice = [str(n) for n, files in sorted(stages.items()) if len({_column(row) for row in files}) < len(files)]
        if twice:
            words += ", " + _("%(stages)s twice") % {"stages": ", ".join(twice)}
        made.append(Strip(arch, f"{arch_words(arch)}, {first}–{last}", words, cells, range(longest - last)))
    return made


def missing_words(made: list[Strip]) -> str:
    """ "lower stage 7": the stages that no file has, for a sentence; empty when there is none."""
    words = {"upper": _("upper stage %(stages)s"), "lower": _("lower stage %(stages)s")}
    found = {strip.arch: [str(n) for n, state in strip.cells if state == "missing"] for strip in made}
    listed = {arch: ", ".join(stages[:8]) + (" …" if len(stages) > 8 else "") for arch, stages in found.items() if stages}
    return ", ".join(words[arch] % {"stages": stages} for arch, stages in listed.items())


def _reach(stages: dict[int, list[FileRow]]) -> dict[tuple[str, str], tuple[int, int]]:
    """(first, last) stage of each part of an arch."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, files in stages.items():
        for row in files:
            found[_column(row)].append(number)
    return {column: (min(numbers), max(numbers)) for column, numbers in found.items()}


def _column(row: FileRow) -> tuple[str, str]:
    """A whole arch is one column, whatever its files are called."""
    return row.source if row.part in {TOOTH, GINGIVA} else ("arch", "")


def _cell(files: list[FileRow], stage: int, reach: dict[tuple[str, str], tuple[int, int]]) -> str:
    here = [_column(row) for row in files]
    if any(begin <= stage <= end and column not in here for column, (begin, end) in reach.items()) or not files:
        return "missing"
    waits = any(row.doubtful and row.answer != "take" for row in files)
    return "doubt" if waits or len(set(here)) < len(here) else "found"


def grids(rows: list[FileRow], numbering: str) -> list[Grid]:
    """A grid an arch for exports of single teeth; numbers as the reader writes them."""
    made = []
    found = taken(rows)
    for arch in ARCHES:
        stages = found.get(arch)
        if not stages:
            continue
        reach = _reach(stages)
        columns = sorted(reach, key=_along)
        lines = []
        for number in range(min(stages), max(stages) + 1):
            here: dict[tuple[str, str], list[FileRow]] = defaultdict(list)
            for row in stages.get(number, []):
                here[_column(row)].append(row)
            cells = [_tooth_cell(here[column], number, reach[column], _head(column, numbering)) for column in columns]
            lines.append((number, cells))
        lacking = sum(1 for _n, cells in lines for cell in cells if cell.state == "missing")
        doubts = sum(1 for _n, cells in lines for cell in cells if cell.state == "doubt")
        note = _("stages %(first)s–%(last)s, all sure") % {"first": min(stages), "last": max(stages)}
        if lacking or doubts:
            note = _("%(n)s missing") % {"n": lacking} if lacking else _("%(n)s to confirm") % {"n": doubts}
        tone = "stop" if lacking else "act" if doubts else "good"
        made.append(Grid(arch, arch_words(arch), note, tone, [_head(column, numbering) for column in columns], lines))
    return made


def ends_words(rows: list[FileRow], numbering: str) -> str:
    """ "14 after stage 5, …": what has files up to a stage and none after, while its arch goes on."""
    words = _("%(part)s after stage %(stage)s")
    said = []
    for stages in taken(rows).values():
        reach = _reach(stages)
        for column in sorted(reach, key=_along):
            if reach[column][1] < max(stages):
                said.append(words % {"part": _head(column, numbering), "stage": reach[column][1]})
    return ", ".join(said[:MOST_NAMED]) + (" …" if len(said) > MOST_NAMED else "")


def _along(column: tuple[str, str]) -> tuple[int, int, str]:
    """Teeth from the patient's right to left; without a number after them; what is no tooth last."""
    part, which = column
    if part != TOOTH:
        return (2, 0, part)
    if not which.isdecimal():
        return (1, 0, which)
    quadrant, position = divmod(int(which), 10)
    return (0, -position if quadrant in {1, 4, 5, 8} else position, which)


def _head(column: tuple[str, str], numbering: str) -> str:
    part, which = column
    if part == TOOTH:
        return tooth_number(int(which), numbering) if which.isdecimal() else which.rsplit("/", 1)[-1].removeprefix("tooth ")
    return _("Gingiva") if part == GINGIVA else _("Arch")


def _tooth_cell(files: list[FileRow], stage: int, reach: tuple[int, int], head: str) -> Cell:
    about = {"tooth": head, "stage": stage}
    if files:
        waits = len(files) > 1 or any(row.doubtful and row.answer != "take" for row in files)
        return Cell("doubt" if waits else "found", files[0].index, _("%(tooth)s, stage %(stage)s") % about + f": {files[0].name}")
    if reach[0] <= stage <= reach[1]:
        return Cell("missing", -1, _("%(tooth)s, stage %(stage)s: missing") % about)
    return Cell("", -1, "")
