"""Tables of IPR, attachments and movements as CSV: a template to fill in, and strict reading that says where what is wrong.

UTF-8; columns parted by semicolons, commas or tabs; a decimal comma or point. Nothing is guessed but the system of the tooth numbers.
"""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.core.cells import cell
from midline.setups.models import SetupVersion
from midline.setups.numbers import FDI, SYSTEMS, fdi_of
from midline.setups.services import MovementTable

LARGEST_BYTES: Final = 1_000_000
MOST_ROWS: Final = {"ipr": 80, "attachment": 80, "pontic": 52, "extraction": 52, "movements": 20_000}
MOST_SAID: Final = 12
AMOUNTS: Final = ("mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg")
COLUMNS: Final = {
    "ipr": ("tooth_a", "tooth_b", "amount_mm", "before_stage"),
    "attachment": ("tooth", "surface", "shape", "size", "added_stage", "removed_stage"),
    "pontic": ("tooth", "until_stage"),
    "extraction": ("tooth", "before_stage"),
    "movements": ("tooth", "stage", *AMOUNTS),
}
TEETH: Final = frozenset({"tooth", "tooth_a", "tooth_b"})
WHOLE: Final = frozenset({"stage", "before_stage", "added_stage", "removed_stage", "until_stage"})
OPTIONAL: Final = frozenset({"surface", "size", "removed_stage", "until_stage"})
SURFACES: Final = {
    "": "buccal",
    "buccal": "buccal",
    "bukkal": "buccal",
    "facial": "buccal",
    "labial": "buccal",
    "vestibular": "buccal",
} | dict.fromkeys(("lingual", "palatal", "palatinal", "oral"), "lingual")


@dataclass
class Table:
    """A table as read. rows: canonical values by column, teeth in FDI; errors: sentences, each with row, column, value and remedy.

    system: how the tooth numbers were read; lines: the row of the file that each row stood in.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    system: str = FDI
    lines: list[int] = field(default_factory=list)

    def movements(self, reference_point: str) -> MovementTable:
        """The rows of a movement table. Call it only without errors."""
        found: dict[int, dict[int, tuple[float, ...]]] = {}
        for row in self.rows:
            found.setdefault(int(row["tooth"]), {})[int(row["stage"])] = tuple(float(row[name]) for name in AMOUNTS)
        return MovementTable(found, reference_point)

    def text(self) -> str:
        """The rows as CSV again, with points and FDI numbers: what a form carries until it is saved."""
        columns = COLUMNS["movements"]
        return "\n".join([";".join(columns), *(";".join(row[name] for name in columns) for row in self.rows)])


def template(kind: str, version: SetupVersion) -> str:
    """The CSV to fill in: for IPR and attachments what stands in the plan, for movements a line for each stage of each tooth that moves."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS[kind])
    if kind == "movements":
        lasts = {"upper": version.stages_upper, "lower": version.stages_lower}
        for part in version.parts.filter(kind="tooth", moves=True, fdi__isnull=False).order_by("fdi"):
            writer.writerows([part.fdi, stage, *[""] * len(AMOUNTS)] for stage in range(1, lasts[part.arch] + 1))
    else:
        mark = str(get_format("DECIMAL_SEPARATOR"))
        for row in rows_of(kind, version):
            values = [getattr(row, name) for name in COLUMNS[kind]]
            writer.writerow([str(value).replace(".", mark) if isinstance(value, Decimal) else cell(value) for value in values])
    return "\ufeff" + out.getvalue()


def rows_of(kind: str, version: SetupVersion) -> Iterable[Any]:
    """The rows of one of a version's tables."""
    tables: dict[str, Iterable[Any]] = {
        "ipr": version.iprs.all(),
        "attachment": version.attachments.all(),
        "pontic": version.pontics.all(),
        "extraction": version.extractions.all(),
    }
    return tables[kind]


def read_table(kind: str, content: bytes, *, present: Collection[int], numbering: str = "") -> Table:
    """The table of a CSV. present: the teeth of the setup (FDI), which tell the numbering when none is given."""
    table = Table()
    if len(content) > LARGEST_BYTES:
        words = _("The file has %(size)s KB; %(most)s KB is the most. Leave out what is no %(table)s.")
        table.errors = [words % {"size": len(content) // 1000, "most": LARGEST_BYTES // 1000, "table": table_words(kind)}]
        return table
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        table.errors = [_("The file is not UTF-8. Save it as “CSV UTF-8” and choose it again.")]
        return table
    if "\0" in text:
        table.errors = [_("The file is no CSV. Download the template, fill it in and save it as “CSV UTF-8”.")]
        return table
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    mark = max((";", ",", "\t"), key=first.count)
    try:
        raw = [(reader.line_num, line) for reader in [csv.reader(lines, delimiter=mark, strict=True)] for line in reader]
    except csv.Error:
        table.errors = [_("The file is no CSV: a quotation mark is not closed. Correct it and choose the file again.")]
        return table
    filled = [(number, [cell.strip() for cell in line]) for number, line in raw if any(cell.strip() for cell in line)]
    if not filled:
        table.errors = [_("The file is empty. Download the template and fill it in.")]
        return table
    heads = [head.casefold() for head in filled[0][1]]
    table.errors = _head_errors(kind, heads, filled[0][0])
    if len(filled) - 1 > MOST_ROWS[kind]:
        table.errors.append(_("The file has %(n)s rows; %(most)s are the most.") % {"n": len(filled) - 1, "most": MOST_ROWS[kind]})
    if len(filled) == 1 and not table.errors:
        table.errors = [_("The file has a heading and no rows. Fill in the template.")]
    if table.errors:
        return table
    body = [(number, dict(zip(heads, [*line, *[""] * len(heads)], strict=False))) for number, line in filled[1:]]
    labels = [row[name] for _number, row in body for name in TEETH & set(heads) if row[name]]
    table.system = numbering if numbering in SYSTEMS else system_of(labels, present)
    said: list[str] = []
    for (number, row), (_same, line) in zip(body, filled[1:], strict=True):
        if len(line) > len(heads) and any(line[len(heads) :]):
            words = _("Row %(row)s has %(n)s fields; the heading has %(of)s. Put text that holds “%(mark)s” into quotation marks.")
            said.append(words % {"row": number, "n": len(line), "of": len(heads), "mark": mark})
            continue
        table.rows.append({name: _cell(name, row.get(name, ""), number, table.system, said) for name in COLUMNS[kind]})
        table.lines.append(number)
    if kind == "movements" and not said:
        said += _twice(table)
    table.errors = limited(said)
    return table


def limited(said: list[str]) -> list[str]:
    if len(said) <= MOST_SAID:
        return said
    more = len(said) - MOST_SAID
    return [*said[:MOST_SAID], ngettext("%(n)s more error is not listed.", "%(n)s more errors are not listed.", more) % {"n": more}]


def table_words(kind: str) -> str:
    words = {"ipr": _("table of IPR"), "attachment": _("table of attachments"), "movements": _("table of movements")}
    return (words | {"pontic": _("table of pontics"), "extraction": _("table of extractions")})[kind]


def system_of(labels: Iterable[str], present: Collection[int]) -> str:
    """The system in which all labels are teeth of this setup; FDI when several or none are."""
    asked = set(labels)
    fitting = [system for system in SYSTEMS if asked and all(fdi_of(label, system) in present for label in asked)]
    return FDI if FDI in fitting or not fitting else fitting[0]


def _head_errors(kind: str, heads: list[str], line: int) -> list[str]:
    lacking = [name for name in COLUMNS[kind] if name not in heads and name not in OPTIONAL]
    unknown = [head for head in heads if head and head not in COLUMNS[kind]]
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    said = []
    if lacking:
        words = _("Row %(row)s, the heading, has no column “%(column)s”. Use the headings of the template.")
        said += [words % {"row": line, "column": name} for name in lacking]
    if unknown:
        words = _("Row %(row)s, the heading: “%(column)s” is not known. Use the headings of the template: %(columns)s.")
        said += [words % {"row": line, "column": head[:40], "columns": ", ".join(COLUMNS[kind])} for head in unknown]
    if twice:
        words = _("Row %(row)s, the heading: “%(column)s” stands twice. Leave one out.")
        said += [words % {"row": line, "column": head} for head in twice]
    return limited(said)


def _cell(name: str, value: str, line: int, system: str, said: list[str]) -> str:
    """The value as it is stored; what is wrong goes into `said` with its row, column and remedy."""
    remedy = ""
    found = value
    if name == "surface":
        found = SURFACES.get(value.casefold(), "")
        remedy = "" if found else _("Write buccal or lingual.")
    elif not value:
        remedy = "" if name in OPTIONAL else _("Fill it in.")
    elif name in TEETH:
        fdi = fdi_of(value, system)
        found = "" if fdi is None else str(fdi)
        remedy = "" if found else _("It is no tooth in %(system)s. Correct it, or choose another numbering.") % {"system": system}
    elif name in WHOLE:
        whole = value.isascii() and value.isdigit() and len(value) < 5
        found, remedy = (str(int(value)), "") if whole else ("", _("Enter a whole number."))
    elif name.endswith(("_mm", "_deg")):
        found = number_of(value)
        remedy = "" if found else _("Enter a number, for example 0.2 or 0,2.")
    elif len(value) > 40:
        remedy = _("It is longer than 40 characters. Write it shorter.")
    elif value[:1] == "'":
        found = value[1:]
    if remedy:
        words = _("Row %(row)s, column “%(column)s”: “%(value)s”. %(remedy)s")
        said.append(words % {"row": line, "column": name, "value": value[:40], "remedy": remedy})
    return found


def number_of(value: str) -> str:
    """A number with a point, or "" for what is none: 0,2 and 0.2 and −1 are numbers, 1.234,5 is not."""
    plain = value.replace("\u2212", "-").replace(",", ".")
    if plain.count(".") > 1 or len(plain) > 20 or not all(c in "0123456789.-+" for c in plain):
        return ""
    try:
        return format(Decimal(plain).normalize(), "f")
    except InvalidOperation:
        return ""


def _twice(table: Table) -> list[str]:
    seen: dict[tuple[str, str], int] = {}
    said = []
    for row, line in zip(table.rows, table.lines, strict=True):
        place = (row["tooth"], row["stage"])
        if place in seen:
            words = _("Row %(row)s, column “%(column)s”: tooth %(tooth)s has stage %(stage)s in row %(first)s already. Leave one out.")
            said.append(words % {"row": line, "column": "stage", "tooth": row["tooth"], "stage": row["stage"], "first": seen[place]})
        seen[place] = line
    return said
