"""What the template of a step is given: the form with the value each field replaces, the steps, what is needed, the records."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from midline.cases.actions import Action
from midline.cases.models import CaseType, Order, Patient
from midline.cases.policies import actions_on
from midline.cases.prescription import FDI_PERMANENT, FDI_PRIMARY, GOALS, RULES, Source, prescription_answers, words_of
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.orders import queries
from midline.orders.forms import (
    ChartForm,
    CorrectionForm,
    Draft,
    InstructionsForm,
    PatientForm,
    QuantityForm,
    ReplacementForm,
    RetainerForm,
    RetainerPatientForm,
    RevisionInstructionsForm,
    RevisionSourceForm,
    TreatmentForm,
    order_label,
    step_label,
    steps_of,
)
from midline.orders.services import answers_of
from midline.people.policies import Actor
from midline.practices.models import Practice
from midline.records.queries import PHOTOS, SCANS, XRAYS, places

# The chart as it is looked at: the patient's right at the left, upper above lower.
CHART = (
    ((18, 17, 16, 15, 14, 13, 12, 11), (21, 22, 23, 24, 25, 26, 27, 28)),
    ((48, 47, 46, 45, 44, 43, 42, 41), (31, 32, 33, 34, 35, 36, 37, 38)),
)
# The header's entry that began such an order; a further order is begun on the page of its case.
MENU_MARKS = {CaseType.ALIGNER: "orders:add", CaseType.RETAINER: "orders:add_retainer"}
PRIMARY_CHART = (((55, 54, 53, 52, 51), (61, 62, 63, 64, 65)), ((85, 84, 83, 82, 81), (71, 72, 73, 74, 75)))


def said(bound: BoundField) -> str:
    """What is wrong with a field, in one line."""
    return " ".join(str(error) for error in bound.errors)


@dataclass
class Entry:
    """A field and its note."""

    field: BoundField
    note: dict[str, Any]
    optional: bool = False
    fdi: int = 0


def note_of(
    bound: BoundField, *, before: str, error: str = "", clash: bool = False, theirs: Any = None, mine: Any = None
) -> dict[str, Any]:
    """What stands under a field: the value it replaces (JSON), and what went wrong, if anything."""
    note: dict[str, Any] = {"name": bound.name, "label": bound.label, "before": before, "error": error, "clash": clash}
    if clash:
        note |= {"theirs": _words(bound.name, theirs), "mine": _words(bound.name, mine)}
    return note


def _words(name: str, value: Any) -> str:
    """A value of either side of a clash as people read it."""
    if name == "practice":
        practice = Practice.objects.filter(pk=value or 0).first()
        return practice.name if practice else ""
    if name == "sex":
        return str(Patient.Sex(value or "").label)
    return words_of(name, value)


def form_for(order: Order, actor: Actor, step: int, data: Any = None) -> Draft | None:
    """The form of a step, None where a step only shows."""
    answers = answers_of(order, order.case)
    name = steps_of(order.type)[step - 1] if 1 <= step <= len(steps_of(order.type)) else ""
    match name:
        case "patient":
            form = PatientForm if order.type is CaseType.ALIGNER else RetainerPatientForm
            return form(data, answers=answers, practices=order.case.provider.practices.all(), names=_names_open(order, actor))
        case "treatment":
            return TreatmentForm(data, answers=answers)
        case "correction":
            return CorrectionForm(data, answers=answers)
        case "replacement":
            return ReplacementForm(data, answers=answers, last_step=queries.last_step(order), version=queries.source_version(order))
        case "instructions":
            return (InstructionsForm if order.type is CaseType.ALIGNER else RevisionInstructionsForm)(data, answers=answers)
        case "source" if queries.source_version(order):
            source = RetainerForm if order.type is CaseType.RETAINER else RevisionSourceForm
            return source(data, answers=answers, last_step=queries.last_step(order))
        case "review" if order.type is CaseType.RETAINER:
            return QuantityForm(data, answers=answers)
    return None


def _names_open(order: Order, actor: Actor) -> bool:
    """Whether this form may show and take the patient's name: not of a patient with orders, and nothing for whom identity is hidden.

    They could not read back what they typed, and a clash would show them what the provider typed: the provider names the patient.
    """
    return order.case.submitted_at is None and Action.SEE_IDENTITY in actions_on(actor, order.case)


@dataclass
class Page:
    order: Order
    actor: Actor
    step: int
    form: Draft | None
    clashes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    refused: list[queries.Missing] = field(default_factory=list)
    ticks: set[int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return steps_of(self.order.type)

    @property
    def template(self) -> str:
        name = self.names[self.step - 1]
        named = {(CaseType.RETAINER, "review"): "quantity", (CaseType.REVISION, "source"): "basis"}
        return named.get((self.order.type, name), name)

    def entry(self, name: str) -> Entry:
        """A field with the value it replaces: the stored one, or after a clash theirs."""
        form = self.form
        if form is None:
            raise KeyError(name)
        bound = form[name]
        theirs, mine = self.clashes.get(name, (None, None))
        posted = form.data.get(f"before_{name}") if form.is_bound else None
        before = json.dumps(theirs) if name in self.clashes else posted or json.dumps(form.initial.get(name))
        note = note_of(bound, before=before, error=said(bound), clash=name in self.clashes, theirs=theirs, mine=mine)
        fdi = int(name.removeprefix("tooth_")) if name.startswith("tooth_") else 0
        return Entry(bound, note, name in form.OPTIONAL, fdi)

    def ticked(self, data: QueryDict) -> set[int] | None:
        """The collaborators ticked at submitting; None when no list was shown, so that their shares stay as they are."""
        if self.actor.workspace != Workspace.PROVIDER or "sharing" not in data:
            return None
        self.ticks = {int(value) for value in data.getlist("share") if value.isascii() and value.isdigit()}
        return self.ticks

    @property
    def _began_it(self) -> bool:
        return (self.order.created_by_id, self.order.created_in) == (self.actor.user_id, self.actor.workspace)

    def _url(self, name: str, *more: Any) -> str:
        return reverse(f"orders:{name}", args=[self.actor.workspace, self.order.case.number, self.order.pk, *more])

    def context(self) -> dict[str, Any]:
        order, case = self.order, self.order.case
        allowed = actions_on(self.actor, case)
        shows_names = Action.SEE_IDENTITY in allowed
        context: dict[str, Any] = {
            "page": self, "order": order, "case": case, "workspace": self.actor.workspace, "step": self.step, "form": self.form,
            "shows_names": shows_names, "steps": self._steps(), "missing": self._missing(), "template_of_step": self.template,
            "autosave": self._url("autosave", self.step), "field_url": self._url("field", self.step), "needed_url": self._url("needed"),
            "answers": prescription_answers(order.prescription), "arches": words_of("arches", order.prescription.get("arches")),
            "menu_mark": MENU_MARKS.get(order.type, ""), "order_label": order_label(order.type), "change": self._change(),
            "asks_photos": order.type is CaseType.ALIGNER or order.prescription.get("source") == Source.RECORDS,
            "may_discard": Action.EDIT_CASE in allowed or self._began_it,
            "photos_present": queries.photos_present(order), "of_collaborator": self.actor.workspace == Workspace.COLLABORATOR,
            "fields": {name: self.entry(name) for name in self.form.fields} if self.form else {},
        }  # fmt: skip
        return context | self._of_step(shows_names)

    def _change(self) -> dict[str, int]:
        """The step on which each part of the review is changed; a part without a step of its own is only read."""
        places = {"patient": ("patient",), "records": ("records", "source"), "answers": ("treatment", "correction", "replacement")}
        found = {part: [n for n, name in enumerate(self.names, 1) if name in steps] for part, steps in places.items()}
        return {part: numbers[0] for part, numbers in found.items() if numbers}

    def _steps(self) -> list[dict[str, Any]]:
        reached = max(self.order.step, self.step)
        lacking = {item.step for item in queries.missing(self.order)}
        return [
            {"number": n, "label": step_label(name), "done": n < reached and n not in lacking, "current": n == self.step}
            for n, name in enumerate(self.names, 1)
        ]

    def _missing(self) -> list[dict[str, str]]:
        return self._linked(queries.missing(self.order))

    def _linked(self, items: list[queries.Missing]) -> list[dict[str, str]]:
        """What is needed, each with the address of its field; names that are hidden from the reader are the provider's to add."""
        hidden = Action.SEE_IDENTITY not in actions_on(self.actor, self.order.case)
        unnamed = [item for item in items if hidden and item.field in queries.NAMED]
        text = _("has no name or birth date yet. %(name)s adds them.") % {"name": self.order.case.provider.name}
        shown = [queries.Missing(1, "practice", _("Patient"), text)] if unnamed else []
        shown += [item for item in items if item not in unnamed]
        return [{"label": item.label, "text": item.text, "url": queries.link_to(self.order, self.actor.workspace, item)} for item in shown]

    def _of_step(self, shows_names: bool) -> dict[str, Any]:
        order = self.order
        match self.template:
            case "records" | "basis":
                found = {"scans": SCANS, "photos": PHOTOS, "xrays": XRAYS}
                rows = {key: places(order, self.actor, slots, shows_names=shows_names) for key, slots in found.items()}
                return rows | {"scans_present": sum(place.record is not None for place in rows["scans"])}
            case "source":
                return {"scans": places(order, self.actor, SCANS[:2], shows_names=shows_names)}
            case "treatment":
                return {"sets": list(queries.preference_sets(order)), "rules": [self.entry(name) for name in RULES]} | self._chart()
            case "correction":
                return self._chart()
            case "instructions" if order.type is CaseType.REVISION:
                return {"rules": [self.entry(name) for name in RULES]}
            case "review" | "quantity":
                return self._review()
        return {}

    def _chart(self) -> dict[str, Any]:
        def row(teeth: tuple[tuple[int, ...], ...]) -> list[list[Entry]]:
            return [[self.entry(f"tooth_{fdi}") for fdi in half] for half in teeth]

        return {
            "goals": [self.entry(name) for name in GOALS],
            "chart": [row(teeth) for teeth in CHART],
            "primary_chart": [row(teeth) for teeth in PRIMARY_CHART],
            "restrictions": self.form.MARKS if isinstance(self.form, ChartForm) else [],
            "tooth_notes": [self.entry(f"tooth_{fdi}").note for fdi in (*FDI_PERMANENT, *FDI_PRIMARY)],
        }

    def _review(self) -> dict[str, Any]:
        context: dict[str, Any] = {"key": new_key(), "refused": self._linked(self.refused)}
        context["filled"] = [p for p in places(self.order, self.actor, (*SCANS, *PHOTOS, *XRAYS)) if p.record]
        if self.actor.workspace == Workspace.PROVIDER:
            rows = queries.sharers(self.order.case)
            context["sharers"] = [(row, row.collaboration.pk in self.ticks if self.ticks is not None else row.shared) for row in rows]
        return context


def step_page(order: Order, actor: Actor, step: int, data: Any = None) -> Page:
    return Page(order, actor, step, form_for(order, actor, step, data))
