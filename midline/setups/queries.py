"""Reads of versions and imports, each through its case with the action that reads it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Status
from midline.cases.policies import actions_on, may
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.people.policies import Actor
from midline.records.mesh_words import in_words
from midline.setups.drawn import attachments_json, extractions_json
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.words import point_in_words, words

OPEN_IMPORT = (
    SetupImport.State.READING,
    SetupImport.State.MATCHING,
    SetupImport.State.BUILDING,
    SetupImport.State.BUILT,
    SetupImport.State.FAILED,
)
VIEWS = ("front", "right", "left", "upper", "lower")
MOVEMENT_FIELDS = ("stage", "mesial_mm", "buccal_mm", "occlusal_mm", "rotation_deg", "tip_deg", "torque_deg")


# --- versions -------------------------------------------------------------------------------------------------------


def versions_for(actor: Actor, case: Case, allowed: frozenset[Action] | None = None) -> QuerySet[SetupVersion]:
    """The versions of `case` that the actor may see, newest first: published ones, and unpublished ones for the lab and their planner.

    allowed: what the policy said of this reader and case, where it was asked before.
    """
    allowed = actions_on(actor, case) if allowed is None else allowed
    if Action.VIEW not in allowed:
        return SetupVersion.objects.none()
    rows = SetupVersion.objects.filter(case=case)
    published = Q(published_at__isnull=False)
    if Action.READ_UNPUBLISHED not in allowed:
        return rows.filter(published)
    return rows if actor.workspace == Workspace.LAB else rows.filter(published | _of_planner(actor))


def _of_planner(actor: Actor) -> Q:
    return Q(order__planner_id=actor.user_id, order__planner_workspace=Workspace.COLLABORATOR)


def version_or_404(actor: Actor, case: Case, number: int) -> SetupVersion:
    """A request's door to a version: one that is not for this reader answers as one that does not exist."""
    version = versions_for(actor, case).filter(number=number).select_related("order").first()
    if version is None:
        raise Http404
    version.case = case
    return version


def plan_json(version: SetupVersion, actor: Actor, urls: dict[str, str]) -> dict[str, Any]:
    """The block `setup-plan` of the viewer (viewer/README.md), without pins. urls: {"preview": …, "full": …}, paths of this portal."""
    movements: dict[str, list[list[float]]] = defaultdict(list)
    for row in version.movements.values_list("fdi", *MOVEMENT_FIELDS).order_by("fdi", "stage"):
        movements[str(row[0])].append(list(row[1:]))
    return {
        "case": version.case.number,
        "version": version.number,
        "stages": {"upper": version.stages_upper, "lower": version.stages_lower},
        "numbering": actor.user.numbering,
        "strings": words(),
        "files": {"preview": urls["preview"], "full": urls.get("full")},
        "accuracy_um": accuracy_um(version),
        "parts": [
            {"key": p.key, "arch": p.arch, "kind": p.kind, "fdi": p.fdi, "moves": p.moves, "label_point": p.label_point}
            for p in version.parts.defer("poses", "frame")
        ],
        "movements": dict(movements),
        "reference_point": point_in_words(version.plan.get("reference_point", "")),
        "ipr": [
            {"between": [i.tooth_a, i.tooth_b], "amount_mm": float(i.amount_mm), "before_stage": i.before_stage} for i in version.iprs.all()
        ],
        "attachments": attachments_json(version),
        "extractions": extractions_json(version),
    }


def still_pictures(version: SetupVersion) -> dict[str, dict[str, str | None]]:
    """view → the names of its rendered pictures at the start and at the planned end; views without one are left out."""
    held = version.pictures
    found: dict[str, dict[str, str | None]] = {}
    for view in VIEWS:
        if view in held:
            start = f"{view}_start" if f"{view}_start" in held else "start" if view == "front" and "start" in held else None
            found[view] = {"start": start, "end": view}
    return found


def accuracy_um(version: SetupVersion) -> dict[str, float] | None:
    """How far the shown models lie from the originals at most, µm; None when it was not measured."""
    if "teeth_max" not in version.error_um:
        return None
    return {"teeth": float(version.error_um["teeth_max"]), "gingiva": float(version.error_um.get("gingiva_max") or 0)}


def named_files(keys: list[str]) -> set[str]:
    """Those of `keys` that a version or an import still names. What a discarded import brought is named no more."""
    named: set[str] = set()
    for original, models, pictures in SetupVersion.objects.values_list("original_key", "files", "pictures").iterator():
        named.add(original)
        for about in (*models.values(), *pictures.values()):
            named |= {value for field, value in about.items() if field.endswith("key")}
    imports = SetupImport.objects.exclude(state=SetupImport.State.DISCARDED)
    for key, thumbs, received in imports.values_list("key", "thumbs", "received").iterator():
        named |= {key, *(about["key"] for about in thumbs.values()), *(about["key"] for about in received)}
    return named & set(keys)


# --- imports --------------------------------------------------------------------------------------------------------


def imports_for(actor: Actor, case: Case) -> QuerySet[SetupImport]:
    """The imports of `case` that the actor may see: all for the lab, those of the orders they planned for a collaborator."""
    if not may(actor, Action.READ_UNPUBLISHED, case):
        return SetupImport.objects.none()
    rows = SetupImport.objects.filter(case=case)
    if actor.workspace == Workspace.LAB:
        return rows
    return rows.filter(_of_planner(actor))


def import_or_404(actor: Actor, case: Case, import_id: int) -> SetupImport:
    item = (
        imports_for(actor, case).filter(pk=import_id).select_related("order", "version", "case__practice", "case__provider__person").first()
    )
    if item is None:
        raise Http404
    return item


def open_import(order: Order) -> SetupImport | None:
    """The import of this order that is on its way, failed ones included; at most one."""
    return SetupImport.objects.filter(order=order, state__in=OPEN_IMPORT).first()


def may_plan(actor: Actor, order: Order) -> bool:
    """Whether the actor is the planner of this order, and the lab is at work on it: who uploads, corrects and publishes."""
    planner = (order.planner_id, order.planner_workspace) == (actor.user_id, actor.workspace)
    return planner and order.state is Status.IN_PRODUCTION and may(actor, Action.PUBLISH_SETUP, order.case)


@dataclass(frozen=True)
class ImportStanding:
    """How an import stands at this moment. state: as stored, but FAILED also when the worker gave its job up.

    failure: {step, file, reason, remedy}; running: whether a job has it.
    """

    state: SetupImport.State
    failure: dict[str, str]

    @property
    def running(self) -> bool:
        return self.state in {SetupImport.State.READING, SetupImport.State.BUILDING}


def import_standing(item: SetupImport) -> ImportStanding:
    """The import as it stands, seen together with its job: a job that died in every attempt is a failure that nobody wrote down."""
    state = SetupImport.State(item.state)
    if state in {SetupImport.State.READING, SetupImport.State.BUILDING}:
        job = Job.objects.filter(pk=item.job_id or 0).first()
        if job is not None and job.state == Job.State.DEAD:
            return ImportStanding(SetupImport.State.FAILED, _failure_of_worker(state))
    return ImportStanding(state, _said(item.failure) if state is SetupImport.State.FAILED else {})


def _said(failure: dict[str, str]) -> dict[str, str]:
    """What the pipeline wrote down, in the language of who reads it now."""
    return failure | {name: in_words(failure[name]) for name in ("reason", "remedy") if failure.get(name)}


def _failure_of_worker(state: SetupImport.State) -> dict[str, str]:
    return {
        "step": "read" if state is SetupImport.State.READING else "pack",
        "file": "",
        "reason": _("The worker stopped in the middle of every attempt."),
        "remedy": _("Try again, and tell the administrator if it happens again."),
    }
