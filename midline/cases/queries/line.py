"""What a list reads of a case: one row of values in the place of five objects, with the names that a Case has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet

from midline.cases.models import Case, Group, Patient, Status
from midline.cases.models.case import age_of
from midline.cases.policies import Anyone, Reader, cases_for
from midline.cases.queries.reach import who
from midline.core.prepared import is_one_of, prepared, stretches
from midline.people.policies import Actor

COLUMNS: Final = (
    "pk", "number", "provider_id", "status", "status_detail", "case_type", "type_detail", "awaiting_version", "approved_version",
    "patient_norm", "clinician_norm", "submitted_at", "last_activity_at",
    "practice__name", "provider__person__first_name", "provider__person__last_name", "provider__person__email",
    "patient__first_name", "patient__last_name", "patient__birth_on", "patient__sex", "patient_id",
    "current_order_id", "current_order__held_status", "current_order__planner_id", "current_order__planner_workspace",
    "current_order__created_in", "current_order__created_by_id", "current_order__created_by__first_name",
    "current_order__created_by__last_name", "current_order__created_by__email",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A practice, a provider or a person, of whom a list shows the name."""

    name: str


@dataclass(frozen=True, slots=True)
class LinePatient:
    name: str
    birth_on: date | None
    sex: str

    def age(self, on: date) -> int | None:
        return age_of(self.birth_on, on)

    def get_sex_display(self) -> str:
        return str(Patient.Sex(self.sex).label)


@dataclass(frozen=True, slots=True)
class LineOrder:
    held_status: str
    planner_id: int | None
    planner_workspace: str
    created_in: str
    created_by_id: int
    created_by: Named


@dataclass(frozen=True, slots=True)
class Line:
    pk: int
    number: str | None
    provider_id: int
    status: str
    status_detail: str
    case_type: str
    type_detail: str
    awaiting_version: int | None
    approved_version: int | None
    patient_norm: str
    clinician_norm: str
    submitted_at: datetime | None
    last_activity_at: datetime
    practice: Named
    provider: Named
    patient: LinePatient | None
    current_order: LineOrder | None

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def group(self) -> Group:
        return self.state.group


def line_of(values: tuple[Any, ...]) -> Line:
    """From the values of COLUMNS."""
    own: tuple[Any, ...] = values[:13]
    (practice, own_first, own_last, own_email, first, last, born, sex, patient_id,
     order_id, held, planner, planner_in, created_in, created_by, by_first, by_last, by_email) = values[13:]  # fmt: skip
    patient = LinePatient(_name(first, last), born, sex) if patient_id else None
    order = LineOrder(held, planner, planner_in, created_in, created_by, Named(_name(by_first, by_last) or by_email)) if order_id else None
    return Line(*own, Named(practice), Named(_name(own_first, own_last) or own_email), patient, order)  # type: ignore[call-arg]


Listed = Case | Line


def _name(first: str, last: str) -> str:
    return f"{first} {last}".strip()


def lines_of(actor: Actor, ids: Collection[int]) -> dict[int, Line]:
    """The lines of these cases, those that the actor may see at this moment: one statement for up to 256."""
    found: dict[int, Line] = {}
    for stretch in stretches(ids) if actor.user.is_active else ():
        statement = prepared(("lines", actor.workspace, len(stretch)), partial(_of_ids, Anyone(actor.workspace), len(stretch)))
        found |= {row[0]: line_of(row) for row in statement.rows(**who(actor), ids=stretch)}
    return found


def _of_ids(reader: Reader, size: int) -> QuerySet[Case, Any]:
    return cases_for(reader).filter(is_one_of("pk", "ids", size)).order_by().values_list(*COLUMNS)
