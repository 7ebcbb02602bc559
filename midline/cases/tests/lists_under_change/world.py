"""A small world in which people act at random, through the services, and time passes. The same seed lives the same life."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import uuid4

from django.core.exceptions import PermissionDenied

from midline.cases import services
from midline.cases.models import Case, CaseType, CaseUnread, Order, RecordNeed, ShareBatch
from midline.cases.models.status import TRANSITIONS
from midline.cases.tests.factories import PATHS, case_in, lab_actor
from midline.collaboration import services as collaborating
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.services import profile_save
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice, Provider
from midline.practices.services import practice_add, practice_save, provider_decide
from midline.practices.tests.factories import PracticeFactory

BEGINS: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)
NAMES: Final = (
    "Łukasz Wiśniewski", "Zofia Dąbrowska", "Γεωργία Παπαδάκη", "Bo Li", "Emre Yıldırım", "Bo Li", "Þórunn Ásgeirsdóttir",
    "Иван Козлов", "王 小明", "田中 さくら", "김 민준",
    "Nguyễn Thị Ánh Tuyết", "Jürgen Weißenböck", "Søren Åkesson", "Łucja Li", "محمد علي", "An Ng", "O Y",
)  # fmt: skip
PRACTICES: Final = ("Åker Tannlege", "aker tannlege", "Zentrum", "歯科 中央", "Ørsta", "Æ & Ø")
LONGEST_PAUSES: Final = tuple(timedelta(minutes=n) for n in (0, 0, 3, 50, 600, 3000, 20000))


class World:
    """Three providers; one of them also collaborates with the first. Beside them a wide, a narrow and a half-hidden collaborator."""

    def __init__(self, seed: int) -> None:
        self.chance, self.now, self.story = Random(seed), BEGINS, [f"seed {seed}"]
        self.acts: list[ShareBatch] = []
        self.asked = ""
        with self.moment():
            self.technician = UserFactory(first_name="Ingrid", is_technician=True)
            people = [UserFactory(first_name=a, last_name=b) for a, b in (("Maren", "Østby"), ("Łukasz", "Kowalski"), ("花子", "小林"))]
            self.practices = [PracticeFactory(provider__person=person, name=f"{person.last_name} 1") for person in people]
            self.providers = [practice.provider for practice in self.practices]
            first, second, third = self.providers
            self.both = second.person
            self.people = [UserFactory(first_name=name) for name in ("Wide", "Narrow", "Half")]
            wide, narrow, half = self.people
            for provider, person, terms in (
                (first, wide, {"every_case": True, **EVERY_GRANT}), (second, wide, {"every_case": True}),
                (third, wide, {"evaluates": False}),
                (first, narrow, EVERY_GRANT), (second, narrow, {}), (first, half, {"every_case": True, "hides_identity": True}),
                (second, half, {}), (first, self.both, {"publish_setups": True}), (third, self.both, {"hides_identity": True}),
            ):  # fmt: skip
                CollaborationFactory(provider=provider, person=person, **terms)
            CollaborationFactory(provider=first, person=None, state="invited", every_case=True)
        for number, path in enumerate(["draft", *self.chance.choices(list(PATHS), k=11), "awaiting_approval", "awaiting_approval"]):
            with self.moment():
                practice = self.practices[(0, 0, 1, 0, 2)[number % 5]]
                case = case_in(practice, path, technician=self.technician, name=self.chance.choice(NAMES))
                for row in Collaboration.objects.filter(provider_id=practice.provider_id, every_case=False):
                    if self.chance.random() < 0.6:
                        services.cases_share(collaboration=row, cases=Case.objects.filter(pk=case.pk), by=self.owner(practice.provider))

    # --- time and people --------------------------------------------------------------------------------------------

    def moment(self) -> AbstractContextManager[None]:
        """Some time later; often the same moment, so that rows stand equal."""
        self.now += self.chance.choice(LONGEST_PAUSES)
        return clock.at(self.now)

    def owner(self, provider: Provider) -> Actor:
        return Actor(User.objects.get(pk=provider.person_id), Workspace.PROVIDER, provider.pk)

    def readers(self) -> list[Actor]:
        """Those whose account is open, each as the door lets them in: without a provider where the registration does not stand."""
        people = User.objects.filter(pk__in=[one.pk for one in (*self.people, self.both)], is_active=True).order_by("pk")
        owners = Provider.objects.filter(pk__in=[one.pk for one in self.providers[:2]], person__is_active=True).select_related("person")
        known = {one.pk: one.pk for one in owners if one.state == Provider.State.CONFIRMED}
        return [
            *(Actor(person, Workspace.COLLABORATOR) for person in people),
            *(Actor(one.person, Workspace.PROVIDER, known.get(one.pk)) for one in owners.order_by("pk")),
        ]

    # --- acts -------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One act of somebody; what is refused is no act, and another is tried."""
        while True:
            act: Callable[[], str | None] = self.chance.choice(ACTS).__get__(self)
            with self.moment():
                try:
                    told = act()
                except (NotAllowedNow, PermissionDenied, Refused):
                    continue
            if told:
                self.story.append(f"{self.now:%d %b %H:%M} {act.__name__} {told}")
                return

    def _case(self) -> Case:
        return self.chance.choice(list(Case.objects.order_by("pk").select_related("provider", "practice", "patient")))

    def _running(self, **about: Any) -> Collaboration:
        rows = Collaboration.objects.exclude(state="ended").filter(**about).select_related("provider", "person").order_by("pk")
        return self.chance.choice(list(rows)) if rows else self._none()

    def _none(self) -> Any:
        raise NotAllowedNow("nobody")

    def _collaborator(self, case: Case) -> Actor:
        row = self._running(provider_id=case.provider_id, state="active")
        return Actor(row.person or self._none(), Workspace.COLLABORATOR)

    def move(self) -> str:
        order = Order.objects.get(pk=self._case().current_order_id or 0)
        events = [event for (state, event) in TRANSITIONS if state == order.status and event not in {"ask_records", "cancel"}]
        event = self.chance.choice(["publish"] * ("publish" in events) + events) if events else self._none()
        case = Case.objects.get(pk=order.case_id)
        planner = Actor(order.planner, Workspace(order.planner_workspace)) if order.planner else lab_actor(self.technician)
        by = self.chance.choice([self.owner(case.provider), lab_actor(self.technician), planner, planner, self._collaborator(case)])
        data: dict[str, Any] = {"version": case.newest_version + 1} if event == "publish" else {}
        services.order_move(order=order, event=event, by=by, **data)
        return f"{case}: {event}"

    def cancel(self) -> str:
        case = self._case()
        services.order_move(order=Order.objects.get(pk=case.current_order_id or 0), event="cancel", by=self.owner(case.provider))
        return f"{case}"

    def begin(self) -> str:
        practice, by = self.chance.choice(list(Practice.objects.order_by("pk"))), None
        if self.chance.random() < 0.5:
            by = Actor(self._running(provider_id=practice.provider_id, state="active").person or self._none(), Workspace.COLLABORATOR)
        by = by or self.owner(practice.provider)
        kind = self.chance.choice([CaseType.ALIGNER, CaseType.RETAINER])
        order = services.case_begin(practice=practice, kind=kind, by=by, key=uuid4(), values={"arches": "both"})
        return f"{order.case} for {practice.provider}, by {by.user}"

    def begin_order(self) -> str:
        case, kind = self._case(), self.chance.choice([CaseType.REVISION, CaseType.RETAINER, CaseType.REPLACEMENT])
        services.order_begin(case=case, kind=kind, by=self.owner(case.provider), key=uuid4())
        return f"{case}: {kind}"

    def discard(self) -> str:
        case = self._case()
        services.draft_discard(order=Order.objects.get(pk=case.current_order_id or 0), by=self.owner(case.provider))
        return f"{case}"

    def ask_records(self) -> str:
        case = self._case()
        asks = [services.Ask(slot, self.chance.choice(list(RecordNeed.Kind)), "It ends at 36.") for slot in ("upper_scan", "profile")]
        services.records_ask(order=Order.objects.get(pk=case.current_order_id or 0), by=lab_actor(self.technician), asks=asks)
        return f"{case}"

    def answer(self) -> str:
        need = RecordNeed.objects.filter(answered_at=None).select_related("order__case__provider").order_by("pk").first() or self._none()
        services.need_answer(order=need.order, slot=need.slot, by=self.owner(need.order.case.provider))
        return f"{need.order.case}: {need.slot}"

    def mark_ready(self) -> str:
        case = self._waiting()
        by = self._collaborator(case)
        return f"{case} by {by.user}" if services.ready_mark(case=case, version=case.awaiting_version or 0, by=by) else ""

    def take_back(self) -> str:
        case = self._waiting()
        by = self._collaborator(case)
        return f"{case} by {by.user}" if services.ready_take_back(case=case, version=case.awaiting_version or 0, by=by) else ""

    def push_back(self) -> str:
        case = self._waiting()
        services.ready_push_back(case=case, version=case.awaiting_version or 0, by=self.owner(case.provider), reason="Look at 13.")
        return f"{case}"

    def _waiting(self) -> Case:
        rows = list(Case.objects.filter(awaiting_version__isnull=False).order_by("pk"))
        return self.chance.choice(rows) if rows else self._none()

    def rename_patient(self) -> str:
        case, (first, _space, last) = self._case(), self.chance.choice(NAMES).partition(" ")
        services.patient_save(case=case, by=self.owner(case.provider), first_name=first, last_name=last)
        return f"{case}: {first} {last}"

    def rename_clinician(self) -> str:
        provider, (first, _space, last) = self.chance.choice(self.providers), self.chance.choice(NAMES).partition(" ")
        kept: dict[str, Any] = {"language": "en", "numbering": "fdi", "theme": "system", "findable": "exact", "single_keys": True}
        profile_save(by=User.objects.get(pk=provider.person_id), first_name=first, last_name=last, **kept)
        return f"provider {provider.pk}: {first} {last}"

    def rename_practice(self) -> str:
        practice = self.chance.choice(list(Practice.objects.order_by("pk").select_related("provider")))
        practice_save(practice=practice, by=self.owner(practice.provider), name=self.chance.choice(PRACTICES), time_zone=practice.time_zone)
        return f"practice {practice.pk}: {practice.name}"

    def add_practice(self) -> str:
        provider = self.chance.choice(self.providers)
        return f"{practice_add(by=self.owner(provider), name=self.chance.choice(PRACTICES), time_zone='Europe/Oslo').pk} of {provider.pk}"

    def move_to_practice(self) -> str:
        case = self._case()
        practice = self.chance.choice(list(Practice.objects.filter(provider_id=case.provider_id).order_by("pk")))
        services.case_practice_set(case=case, practice_id=practice.pk, by=self.owner(case.provider))
        return f"{case} to practice {practice.pk}"

    def read_and_write(self) -> str:
        """What the conversation, a room above, writes down of comments that nobody has read yet."""
        case, person = self._case(), self.chance.choice([*self.people, self.both, self.providers[0].person])
        CaseUnread.objects.filter(case=case, person=person).delete()
        if count := self.chance.choice([0, 1, 2, 2]):
            CaseUnread.objects.create(case=case, person=person, count=count)
        return f"{case}: {count} for {person}"

    # --- sharing ----------------------------------------------------------------------------------------------------

    def _some(self, provider_id: int) -> Any:
        ids = list(Case.objects.filter(provider_id=provider_id).order_by("pk").values_list("pk", flat=True))
        return Case.objects.filter(pk__in=self.chance.sample(ids, self.chance.randint(1, len(ids))))

    def _shared(self, name: str, row: Collaboration, *args: Any) -> str:
        batch = getattr(services, name)(collaboration=row, by=self.owner(row.provider), **(args[0] if args else {}))
        self.acts.append(batch)
        return f"{batch.count} with collaboration {row.pk}"

    def share(self) -> str:
        row = self._running()
        return self._shared("cases_share", row, {"cases": self._some(row.provider_id)})

    def unshare(self) -> str:
        row = self._running(every_case=False)
        return self._shared("cases_unshare", row, {"cases": self._some(row.provider_id)})

    def popover(self) -> str:
        case = self._case()
        rows = Collaboration.objects.open().filter(provider_id=case.provider_id, every_case=False).order_by("pk")
        wanted = {row.pk for row in rows if self.chance.random() < 0.5}
        self.acts.append(services.case_shares_set(case=case, wanted=wanted, by=self.owner(case.provider)))
        return f"{case}: {sorted(wanted)}"

    def every_case(self) -> str:
        return self._shared("standing_grant_begin", self._running(every_case=False))

    def not_every_case(self) -> str:
        return self._shared("standing_grant_end", self._running(every_case=True))

    def every_case_but_one(self) -> str:
        row = self._running(every_case=True)
        return self._shared("standing_grant_to_single", row, {"except_case": self._some(row.provider_id)[0]})

    def withhold(self) -> str:
        row = self._running()
        held = {grant for grant in Grant if self.chance.random() < 0.3}
        return self._shared("share_withhold", row, {"case": self._some(row.provider_id)[0], "withheld": held})

    def undo(self) -> str:
        batch = self.acts.pop() if self.acts else self._none()
        with clock.at(batch.at + timedelta(seconds=5)):
            services.shares_undo(batch_id=batch.pk, by=self.owner(Provider.objects.get(pk=batch.provider_id)))
        return f"of {batch.act}"

    # --- collaborations ---------------------------------------------------------------------------------------------

    def change_terms(self) -> str:
        row = self._running()
        zone_day = (self.now + timedelta(days=self.chance.choice([0, 1, 9]))).date()
        terms: dict[str, Any] = {
            "evaluates": self.chance.random() < 0.7, "hides_identity": self.chance.random() < 0.3, "every_case": self.chance.random() < 0.5,
            "ends_on": self.chance.choice([None, None, zone_day]), "grants": [g.value for g in Grant if self.chance.random() < 0.6],
        }  # fmt: skip
        collaborating.collaboration_change(collaboration=row, by=self.owner(row.provider), relation=row.relation, **terms)
        return f"of collaboration {row.pk}: {terms}"

    def end(self) -> str:
        row = self._running(state="active")
        if self.chance.random() < 0.5:
            collaborating.collaboration_revoke(collaboration=row, by=self.owner(row.provider))
        else:
            collaborating.collaboration_leave(collaboration=row, by=row.person or self._none())
        return f"collaboration {row.pk}"

    def lapse(self) -> str:
        row = self._running(ends_at__lt=self.now)
        return f"collaboration {row.pk}" if collaborating.lapsed_end(collaboration=row) else ""

    def invite_again(self) -> str:
        provider, person = self.chance.choice(self.providers), self.chance.choice([*self.people, self.both])
        if Collaboration.objects.exclude(state="ended").filter(provider=provider, person=person).exists():
            return ""
        by = self.owner(provider)
        collaborating.consent_give(by=by, address=None)
        every = self.chance.random() < 0.4
        row = collaborating.collaborator_add(by=by, email=person.email, first_name="Again", last_name="X", every_case=every)
        return f"{person} by provider {provider.pk}: collaboration {row.pk}"

    def accept(self) -> str:
        """As the acceptance of an invitation writes it; it counts nothing."""
        row = self._running(state="invited", person__isnull=False)
        Collaboration.objects.filter(pk=row.pk).update(state="active", accepted_at=self.now)
        return f"collaboration {row.pk}"

    def decide_about_provider(self) -> str:
        provider = self.chance.choice(self.providers)
        now = Provider.objects.get(pk=provider.pk)
        confirm = now.state != Provider.State.CONFIRMED
        if not confirm and self.chance.random() < 0.7:
            return ""
        Provider.objects.filter(pk=provider.pk).update(state=Provider.State.PENDING)
        provider_decide(provider=now, confirm=confirm, by=UserFactory(is_staff=True))
        return f"provider {provider.pk}: {'confirmed' if confirm else 'refused'}"

    def close_or_open_account(self) -> str:
        person = User.objects.get(pk=self.chance.choice([*self.people, self.both]).pk)
        if person.is_active and self.chance.random() < 0.8:
            return ""
        User.objects.filter(pk=person.pk).update(is_active=not person.is_active)
        return f"{person}: {'closed' if person.is_active else 'open'}"


ACTS: Final = (
    *[World.move] * 5, *[World.begin] * 2, World.begin_order, World.cancel, World.discard, World.ask_records, World.answer,
    *[World.mark_ready] * 3, World.take_back, World.push_back, *[World.rename_patient] * 2, World.rename_clinician, World.rename_practice,
    World.add_practice, World.move_to_practice, *[World.read_and_write] * 2, *[World.share] * 2, World.unshare, World.popover,
    World.every_case, World.not_every_case, World.every_case_but_one, World.withhold, *[World.undo] * 2, *[World.change_terms] * 2,
    World.end, World.lapse, *[World.invite_again] * 2, *[World.accept] * 2, World.decide_about_provider, World.close_or_open_account,
)  # fmt: skip
