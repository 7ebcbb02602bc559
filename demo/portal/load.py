"""Loads the demo: people, practices, 60 cases in every status, three of them with a full staged setup.

Everything goes through the product's own services, at the moment it is said to have happened; three setups through its own import.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from demo.portal import people
from demo.portal.library import Library
from demo.portal.story import PATIENTS_OF_COLLEAGUE, PLANS, Plan, key
from midline.cases import services
from midline.cases.models import Case, CaseType, Order
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText
from midline.conversation.services import comment_add
from midline.core import clock
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.notify.models import Delivery
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Practice

Say = Callable[[str], None]


class Cast:
    """The people of the demo, each as an actor."""

    def __init__(self, *, collaborators: bool) -> None:
        self.provider = people.provider()
        self.colleague = people.second_provider()
        people.nobody_finds()
        self.practices = list(self.provider.practices.all())
        self.owner = Actor(self.provider.person, Workspace.PROVIDER, self.provider.pk)
        self.technician = Actor(people.person("lab", "Ingrid", "Solheim", is_technician=True), Workspace.LAB)
        people.person("admin", "Aud", "Nygård", is_staff=True, is_superuser=True)
        self.collaborations: dict[str, Collaboration] = {}
        if collaborators:
            self._collaborators()

    def _collaborators(self) -> None:
        mentor = people.person("collaborator", "Tomás", "Arriaga Núñez")
        service = people.person("planning", "Lindqvist", "Planlegging")
        staff = people.person("staff", "Jonas", "Weiß")
        self._works_with("collaborator", mentor, "mentor", add_orders=True, decline_setups=True)
        self._works_with("planning", service, "planning", every_case=True, decline_setups=True, download=True, publish_setups=True)
        self._works_with("staff", staff, "staff", evaluates=False, add_orders=True, edit_records=True)

    def _works_with(self, name: str, person: User, relation: str, **granted: Any) -> None:
        made = Collaboration.objects.create(
            provider=self.provider,
            person=person,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            relation=relation,
            state=Collaboration.State.ACTIVE,
            accepted_at=clock.now(),
            consent_version=1,
            terms_version=1,
            **granted,
        )
        services.collaboration_recount(made)
        self.collaborations[name] = made

    def actor(self, name: str) -> Actor:
        if name == "provider":
            return self.owner
        person = self.collaborations[name].person
        assert person is not None
        return Actor(person, Workspace.COLLABORATOR)


def load(say: Say, *, people_only: bool = False) -> bool:
    """Makes the demo, or returns False when it stands already. All or nothing: an interrupted first start begins anew.

    people_only: the provider with one draft, the technician and the administrator, for whoever wants to begin at the beginning.
    """
    if User.objects.filter(email="provider@demo.example").exists():
        return False
    began = clock.now()
    say("Loading the demo: people and practices …")
    with transaction.atomic():
        with clock.at(began - timedelta(days=400)):
            cast = Cast(collaborators=not people_only)
            if people_only:
                _first_draft(cast)
                return True
            _consents(cast)
        library = Library(cast.technician)
        # The modelled cases come first, because the others copy their versions; then in the order in which they began.
        order_of_birth = sorted(range(len(PLANS)), key=lambda n: (not PLANS[n].model, -PLANS[n].days_ago))
        for count, n in enumerate(order_of_birth, start=1):
            if PLANS[n].model:
                say(f"Loading the demo: case {count} of {len(PLANS)}, importing a staged setup …")
            _tell(PLANS[n], n, cast, library)
        _colleagues_case(cast)
        _past_mail_was_sent()
    return True


def _consents(cast: Cast) -> None:
    for text in ConsentText.objects.all():
        ConsentRecord.objects.create(provider=cast.provider, person=cast.provider.person, text=text, at=clock.now(), address="127.0.0.1")


def _tell(plan: Plan, n: int, cast: Cast, library: Library) -> None:
    """One case, from its beginning to where it stands today."""
    now = clock.now()
    moment = plan.began(now)
    by = cast.actor(plan.by)
    first, last, sex = people.PATIENTS[n]
    with clock.at(moment):
        order = services.case_begin(
            practice=cast.practices[plan.practice], kind=plan.kind, by=by, key=key("case", n), values=library.prescription(plan, n)
        )
        case = Case.objects.get(pk=order.case_id)
        born = date(1975 + (n * 7) % 34, 1 + n % 12, 1 + (n * 5) % 28)
        services.patient_save(case=case, by=by, first_name=first, last_name=last, birth_on=born, sex=sex)
        services.order_save(order=order, by=by, values={}, step=plan.step)
        shared = {cast.collaborations[name].pk for name in plan.shared}
        services.case_shares_set(case=case, wanted=shared, by=cast.owner)
        if plan.events or plan.step > 2:
            library.records(case, order, by, missing={ask.slot for ask in plan.asks if ask.kind == "missing"})
    span = now - moment
    pause = span / (len(plan.events) + 1)
    for event in plan.events:
        moment += pause
        with clock.at(moment):
            _happens(event, plan, Case.objects.get(pk=case.pk), cast, library)
    for count, (name, words) in enumerate(plan.comments):
        with clock.at(moment + (now - moment) * (count + 1) / (len(plan.comments) + 2)):
            case = Case.objects.get(pk=case.pk)
            comment_add(case=case, by=cast.actor(name), body=words, key=key("comment", n, count), version=case.newest_version or None)
    if plan.ready:
        with clock.at(moment + (now - moment) * 0.9):
            case = Case.objects.get(pk=case.pk)
            for name in plan.ready:
                library.ready(case, cast.actor(name))


def _happens(event: str, plan: Plan, case: Case, cast: Cast, library: Library) -> None:
    order = Order.objects.get(pk=case.current_order_id or 0)
    match event:
        case "publish":
            library.answer(case, plan.answers)
            library.publish(case, order, plan)
        case "ask_records":
            services.records_ask(order=order, by=cast.technician, asks=list(plan.asks))
        case "send_changes":
            library.decline(case, cast.actor("collaborator" if plan.shared else "provider"), list(plan.wanted), plan.words)
        case "approve":
            library.approve(case, cast.owner)
        case "take" | "start_manufacturing" | "ship":
            more = {"tracking": f"MD{case.number}NO", "carrier": "Posten"} if event == "ship" else {}
            services.order_move(order=order, event=event, by=cast.technician, **more)
        case _:
            services.order_move(order=order, event=event, by=cast.owner, words=plan.words)


def _colleagues_case(cast: Cast) -> None:
    """One case of another provider, shared with nobody here."""
    actor = Actor(cast.colleague.person, Workspace.PROVIDER, cast.colleague.pk)
    practice = Practice.objects.get(provider=cast.colleague)
    with clock.at(clock.now() - timedelta(days=3)):
        order = services.case_begin(practice=practice, kind=CaseType.ALIGNER, by=actor, key=key("colleague"), values={"arches": "both"})
        first, last, sex = PATIENTS_OF_COLLEAGUE
        services.patient_save(case=order.case, by=actor, first_name=first, last_name=last, sex=sex)


def _first_draft(cast: Cast) -> None:
    order = services.case_begin(
        practice=cast.practices[0], kind=CaseType.ALIGNER, by=cast.owner, key=key("first"), values={"arches": "both"}
    )
    first, last, sex = people.PATIENTS[0]
    services.patient_save(case=order.case, by=cast.owner, first_name=first, last_name=last, sex=sex)


def _past_mail_was_sent() -> None:
    """What is said to have happened before today was mailed then: nothing of it goes out now."""
    now = clock.now()
    Delivery.objects.filter(channel=Delivery.Channel.MAIL).update(state=Delivery.State.SENT, sent_at=now)
    Delivery.objects.filter(channel=Delivery.Channel.BELL, created_at__lt=now - timedelta(days=2)).update(read_at=now)
    Job.objects.filter(kind__startswith="notify.", state=Job.State.WAITING).delete()
