"""IPR, attachments, wear schedule and notes, as typed."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from midline.lab.import_page.files import Posted
from midline.setups.models import SetupVersion
from midline.setups.services import AttachmentRow, IprRow

IPR_FIELDS: Final = ("tooth_a", "tooth_b", "amount_mm", "before_stage")
ATTACHMENT_FIELDS: Final = ("tooth", "surface", "shape", "size", "added_stage", "removed_stage")
_FIELDS: Final = {"ipr": IPR_FIELDS, "attachment": ATTACHMENT_FIELDS}
MOST_ROWS: Final = 200


@dataclass(frozen=True)
class PlanField:
    """One field as the form shows it; id is its name too."""

    id: str
    value: str
    error: str


@dataclass
class PlanRows:
    """What the plan's form shows: each row's values as typed, and what is wrong with each field ("ipr-0-amount_mm")."""

    ipr: list[dict[str, str]]
    attachment: list[dict[str, str]]
    wear_schedule: str
    notes: str
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, version: SetupVersion) -> "PlanRows":
        ipr = [{name: _text(getattr(row, name)) for name in IPR_FIELDS} for row in version.iprs.all()]
        attachment = [{name: _text(getattr(row, name)) for name in ATTACHMENT_FIELDS} for row in version.attachments.all()]
        return cls(ipr, attachment, version.wear_schedule, version.notes)

    @classmethod
    def posted(cls, posted: Posted) -> "PlanRows":
        """As typed, without empty rows; the pressed button ("add-ipr", "remove-ipr-2") adds or removes one."""
        act = posted.get("act", "save")
        found: dict[str, list[dict[str, str]]] = {}
        for kind, names in _FIELDS.items():
            total = posted.get(f"{kind}-total", "0")
            count = min(int(total) if total.isdecimal() and len(total) < 5 else 0, MOST_ROWS)
            rows = [{name: posted.get(f"{kind}-{n}-{name}", "").strip() for name in names} for n in range(count)]
            kept = [row for n, row in enumerate(rows) if act != f"remove-{kind}-{n}" and any(v for k, v in row.items() if k != "surface")]
            found[kind] = [*kept, dict.fromkeys(names, "")] if act == f"add-{kind}" else kept
        return cls(found["ipr"], found["attachment"], posted.get("wear_schedule", ""), posted.get("notes", ""))

    def ipr_shown(self) -> list[dict[str, PlanField]]:
        return self._shown("ipr", self.ipr)

    def attachment_shown(self) -> list[dict[str, PlanField]]:
        return self._shown("attachment", self.attachment)

    def _shown(self, kind: str, rows: list[dict[str, str]]) -> list[dict[str, PlanField]]:
        return [
            {name: PlanField(f"{kind}-{n}-{name}", value, self.errors.get(f"{kind}-{n}-{name}", "")) for name, value in row.items()}
            for n, row in enumerate(rows)
        ]

    def typed(self) -> tuple[list[IprRow], list[AttachmentRow]]:
        """The rows with numbers as numbers. What is no number goes into `errors`; the rows are then of no use."""
        ipr = [
            IprRow(
                self._whole("ipr", n, row, "tooth_a"),
                self._whole("ipr", n, row, "tooth_b"),
                self._amount(n, row),
                self._whole("ipr", n, row, "before_stage"),
            )
            for n, row in enumerate(self.ipr)
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
            for n, row in enumerate(self.attachment)
        ]
        return ipr, attachments

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


def _text(value: Any) -> str:
    return "" if value is None else str(value)
