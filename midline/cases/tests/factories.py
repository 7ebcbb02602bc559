"""Cases, orders and shares for tests. `move` walks an order through the real life cycle."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import factory
from django.db.models import QuerySet

from midline.cases import services
from midline.cases.models import Case, CaseType, Order, Patient, Share
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Practice


class PatientFactory(factory.django.DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    first_name = "Zofia"
    last_name = "Dąbrowska"
    sex = "female"


def provider_actor(practice: Practice) -> Actor:
    return Actor(practice.provider.person, Workspace.PROVIDER, practice.provider_id)


def collaborator_actor(collaboration: Collaboration) -> Actor:
    assert collaboration.person
    return Actor(collaboration.person, Workspace.COLLABORATOR)


def lab_actor(technician: User) -> Actor:
    return Actor(technician, Workspace.LAB)


def make_case(
    practice: Practice, *, kind: CaseType = CaseType.ALIGNER, first_name="Zofia", last_name="Dąbrowska", by: Actor | None = None
) -> Case:
    """A draft with a patient, begun by the provider."""
    actor = by or provider_actor(practice)
    order = services.case_begin(practice=practice, kind=kind, by=actor, key=uuid4(), values={"arches": "both"})
    case = Case.objects.get(pk=order.case_id)
    services.patient_save(case=case, by=actor, first_name=first_name, last_name=last_name)
    return Case.objects.get(pk=case.pk)


def share(case: Case, collaboration: Collaboration, **withholds: bool) -> Share:
    row = Share.objects.create(case=case, collaboration=collaboration, created_by=case.provider.person, batch=uuid4(), **withholds)
    services.collaboration_recount(collaboration)
    return row


def move(case: Case, *events: str, technician: User, version: int = 1) -> Case:
    """Walks the current order through `events`, each by whoever does it first in life."""
    provider, lab = provider_actor(case.practice), lab_actor(technician)
    for event in events:
        order = Order.objects.get(pk=Case.objects.get(pk=case.pk).current_order_id or 0)
        by = lab if event in {"take", "publish", "start_manufacturing", "ship", "ask_records", "hand_over"} else provider
        services.order_move(order=order, event=event, by=by, **(dict[str, Any](version=version) if event == "publish" else {}))
    return Case.objects.get(pk=case.pk)


# How a case comes to stand in each status.
PATHS = {
    "draft": (),
    "submitted": ("submit",),
    "in_production": ("submit", "take"),
    "awaiting_approval": ("submit", "take", "publish"),
    "approved": ("submit", "take", "publish", "approve"),
    "in_manufacturing": ("submit", "take", "publish", "approve", "start_manufacturing"),
    "shipped": ("submit", "take", "publish", "approve", "start_manufacturing", "ship"),
    "in_treatment": ("submit", "take", "publish", "approve", "start_manufacturing", "ship", "receive"),
    "completed": ("submit", "take", "publish", "approve", "start_manufacturing", "ship", "receive", "complete"),
    "on_hold": ("submit", "take", "hold"),
    "held_awaiting": ("submit", "take", "publish", "hold"),
    "held_approved": ("submit", "take", "publish", "approve", "hold"),
    "cancelled": ("submit", "cancel"),
}


def case_in(practice: Practice, path: str, *, technician: User, name: str = "Zofia Dąbrowska") -> Case:
    """A case that walked `path` of PATHS through the real life cycle."""
    first_name, _space, last_name = name.partition(" ")
    return move(make_case(practice, first_name=first_name, last_name=last_name), *PATHS[path], technician=technician)


def among(rows: QuerySet[Case]) -> Callable[[list[int]], set[int]]:
    """What `rows` leave of a list of ids: how a search asks the policy."""
    return lambda ids: set(rows.filter(pk__in=ids).values_list("pk", flat=True))
