"""IPR, attachments, pontics, extractions, wear schedule and notes, as typed."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypedDict

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.lab.import_page.files import Posted
from midline.lab.import_page.offers import FIELDS, Offers
from midline.lab.import_page.tables import Table, limited, read_table, rows_of
from midline.setups.models import SetupVersion
from midline.setups.numbers import FDI, REFERENCE_POINT
from midline.setups.services import AttachmentRow, ExtractionRow, IprRow, MovementTable, PonticRow, plan_errors
from midline.setups.services.movements import computed_ends, table_errors
from midline.setups.words import point_in_words

MOST_ROWS: Final = 200


class Typed(TypedDict):
    """The tables of a plan as `plan_write` takes them."""

    iprs: list[IprRow]
    attachments: list[AttachmentRow]
    pontics: list[PonticRow]
    extractions: list[ExtractionRow]


@dataclass(frozen=True)
class PlanField:
    """One field as the form shows it; id is its name too."""

    id: str
    value: str
    error: str


@dataclass
class PlanRows:
    """What the plan's form shows: each row's values as typed by table, and what is wrong with each field ("ipr-0-amount_mm").

    movements: the lab's table as read from a CSV, not saved yet (movements_text carries it through the form); computed: back to the
    worked-out one. refused: kind of table → what is wrong with its CSV; read: kind → a sentence about the CSV just read.
    """

    rows: dict[str, list[dict[str, str]]]
    wear_schedule: str
    notes: str
    errors: dict[str, str] = field(default_factory=dict)
    movements: MovementTable | None = None
    movements_text: str = ""
    reference_point: str = ""
    computed: bool = False
    refused: dict[str, list[str]] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: SetupVersion) -> "PlanRows":
        rows = {
            kind: [{name: _text(getattr(row, name)) for name in names} for row in rows_of(kind, version)] for kind, names in FIELDS.items()
        }
        return cls(rows, version.wear_schedule, version.notes)

    @classmethod
    def posted(cls, posted: Posted) -> "PlanRows":
        """As typed, without empty rows; the pressed button ("add-ipr", "remove-ipr-2") adds or removes one."""
        act = posted.get("act", "save")
        found: dict[str, list[dict[str, str]]] = {}
        for kind, names in FIELDS.items():
            total = posted.get(f"{kind}-total", "0")
            count = min(int(total) if total.isdecimal() and len(total) < 5 else 0, MOST_ROWS)
            rows = [{name: _words(posted, f"{kind}-{n}-{name}").strip() for name in names} for n in range(count)]
            kept = [row for n, row in enumerate(rows) if act != f"remove-{kind}-{n}" and any(v for k, v in row.items() if k != "surface")]
            found[kind] = [*kept, dict.fromkeys(names, "")] if act == f"add-{kind}" else kept
        made = cls(found, _words(posted, "wear_schedule"), _words(posted, "notes"))
        made.reference_point, made.computed = _point(_words(posted, "reference_point").strip()), posted.get("movements-computed") == "on"
        text = posted.get("movements-csv", "") if act != "drop-movements" else ""
        if text:
            table = read_table("movements", text.encode(), present=(), numbering=FDI)
            made.refused = {"movements": table.errors} if table.errors else {}
            made._take_movements(table)
        return made

    @property
    def movements_wanted(self) -> MovementTable | Literal["computed"] | None:
        """What `plan_write` is to do with the movements."""
        return self.movements or ("computed" if self.computed else None)

    def read_csv(self, kind: str, content: bytes | None, version: SetupVersion, numbering: str) -> None:
        """Takes the rows of a CSV in place of what stands in the form; with anything wrong nothing is taken and `refused` says why."""
        if content is None:
            self.refused[kind] = [_("No file is chosen. Choose a CSV, then press “Read the CSV”.")]
            return
        present = {fdi for fdi in version.parts.values_list("fdi", flat=True) if fdi is not None}
        table = read_table(kind, content, present=present, numbering=numbering)
        said = table.errors or self._wrong_here(kind, table, version)
        if said:
            self.refused[kind] = limited(said)
            return
        if kind == "movements":
            self._take_movements(table)
        else:
            self.rows[kind] = table.rows
        words = ngettext("%(n)s row read, tooth numbers as %(system)s.", "%(n)s rows read, tooth numbers as %(system)s.", len(table.rows))
        self.read[kind] = words % {"n": len(table.rows), "system": table.system}

    def _take_movements(self, table: Table) -> None:
        if not table.errors:
            self.movements, self.movements_text, self.computed = table.movements(self.reference_point), table.text(), False

    def _wrong_here(self, kind: str, table: Table, version: SetupVersion) -> list[str]:
        """What does not fit this setup, with the row of the CSV."""
        if kind == "movements":
            stages = {"upper": version.stages_upper, "lower": version.stages_lower}
            return table_errors(table.movements(""), list(version.parts.filter(kind="tooth")), stages)
        shown = PlanRows({name: table.rows if name == kind else [] for name in FIELDS}, wear_schedule="", notes="")
        found = plan_errors(version, **shown.typed()) | shown.errors
        said = []
        for name, sentence in found.items():
            _kind, row, column = name.split("-", 2)
            words = _("Row %(row)s, column “%(column)s”: %(sentence)s")
            said.append(words % {"row": table.lines[int(row)], "column": column, "sentence": sentence})
        return said

    def take_found(self, offers: Offers) -> None:
        """Adds the attachments that the models show."""
        self.rows["attachment"] = [*self.rows["attachment"], *offers.attachments]

    def take_ended(self, offers: Offers) -> None:
        """Adds an extraction for each tooth whose files end early."""
        self.rows["extraction"] = [*self.rows["extraction"], *offers.extractions]

    def take_before(self, offers: Offers) -> None:
        """Takes the tables of the version before, in place of what stands in the form."""
        self.rows = dict(offers.rows_before)

    def movements_shown(self, version: SetupVersion) -> list[tuple[int, list[str], list[str]]]:
        """For each tooth what the lab's table says of the last stage, and beside it what is worked out."""
        if self.movements is None:
            return []
        worked_out = computed_ends(version)
        shown = []
        for fdi, stages in sorted(self.movements.rows.items()):
            own = worked_out.get(fdi)
            shown.append((fdi, _signed(stages[max(stages)]), _signed(own) if own else []))
        return shown

    @property
    def empty(self) -> bool:
        return not any(self.rows.values())

    @property
    def totals(self) -> list[tuple[str, int]]:
        return [(kind, len(rows)) for kind, rows in self.rows.items()]

    def shown(self) -> dict[str, list[dict[str, PlanField]]]:
        """table → its rows as fields."""
        return {
            kind: [
                {name: PlanField(f"{kind}-{n}-{name}", value, self.errors.get(f"{kind}-{n}-{name}", "")) for name, value in row.items()}
                for n, row in enumerate(rows)
            ]
            for kind, rows in self.rows.items()
        }

    def typed(self) -> Typed:
        """The rows with numbers as numbers. What is no number goes into `errors`; the rows are then of no use."""
        ipr = [
            IprRow(
                self._whole("ipr", n, row, "tooth_a"),
                self._whole("ipr", n, row, "tooth_b"),
                self._amount(n, row),
                self._whole("ipr", n, row, "before_stage"),
            )
            for n, row in enumerate(self.rows["ipr"])
        ]
        attachments = [
            AttachmentRow(
                self._whole("attachment", n, row, "tooth"),
                row["surface"] or "buccal",
                row["shape"],
                row["size"],
                self._whole("attachment", n, row, "added_stage"),
                self._whole("attachment", n, row, "removed_stage") if row["removed_stage"] else None,
            )
            for n, row in enumerate(self.rows["attachment"])
        ]
        pontics = [
            PonticRow(self._whole("pontic", n, row, "tooth"), self._whole("pontic", n, row, "until_stage") if row["until_stage"] else None)
            for n, row in enumerate(self.rows["pontic"])
        ]
        extractions = [
            ExtractionRow(self._whole("extraction", n, row, "tooth"), self._whole("extraction", n, row, "before_stage"))
            for n, row in enumerate(self.rows["extraction"])
        ]
        return {"iprs": ipr, "attachments": attachments, "pontics": pontics, "extractions": extractions}

    def _whole(self, kind: str, n: int, row: dict[str, str], name: str) -> int:
        value = row[name]
        if value.isdecimal() and len(value) < 5:
            return int(value)
        words = _("This is empty. Enter a whole number.") if not value else _("“%(value)s” is no whole number.")
        self.errors[f"{kind}-{n}-{name}"] = words % {"value": value[:20]} if value else words
        return 0

    def _amount(self, n: int, row: dict[str, str]) -> Decimal:
        value = row["amount_mm"].replace(",", ".")
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and abs(amount) < 1000:
            return amount
        words = _("“%(value)s” is no amount. Enter millimetres, for example 0.2.")
        self.errors[f"ipr-{n}-amount_mm"] = words % {"value": row["amount_mm"][:20]}
        return Decimal(0)


def _words(posted: Posted, name: str) -> str:
    """What was typed into a field, without NUL: nobody types one, and PostgreSQL keeps no text that holds one."""
    return posted.get(name, "").replace("\0", "")


def _point(typed: str) -> str:
    """The pipeline's own reference point under its own name, in whatever language the form showed it."""
    return REFERENCE_POINT if typed == point_in_words(REFERENCE_POINT) else typed


def movement_names() -> list[str]:
    """The headings of a movement table, in its order."""
    return [_("mesial"), _("buccal"), _("occlusal"), _("rotation"), _("tip"), _("torque")]


def _signed(values: tuple[float, ...]) -> list[str]:
    """mm with two decimals, degrees with one."""
    return [formats.number_format(value, 2 if place < 3 else 1) for place, value in enumerate(values)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
