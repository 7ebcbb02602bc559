"""A crowd that is large enough for planners to prefer an index where there is one: written at once, past the services."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from django.db import connection

from midline.cases.models import Case, CaseType, CaseUnread, CollaborationCount, Order, ProviderCount, ReadyMark, Share, Status
from midline.collaboration.models import Collaboration
from midline.core.ids import new_key
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice, Provider
from midline.practices.tests.factories import PracticeFactory

CASES: Final = 4_000
PROVIDERS: Final = 400
# One case in so many is the first provider's, who is the owner in the plans.
OWN_OF: Final = 60
BEGINS: Final = datetime(2025, 1, 6, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Crowd:
    """owner: the first provider. wide: every case of most providers, and single ones of the others. narrow: one provider and 40 cases."""

    owner: Actor
    wide: Actor
    narrow: Actor
    practice: Practice


def crowd() -> Crowd:
    """The same at every run. Tells the planner what it wrote."""
    chance = Random(4)
    first = PracticeFactory(name="Åker")
    beside = PracticeFactory(provider=first.provider, name="Berg")
    people = User.objects.bulk_create([User(email=f"p{n}@example.org", first_name=f"P{n}", last_name="Holm") for n in range(PROVIDERS)])
    made = Provider.objects.bulk_create([Provider(person=one, state="confirmed", country="NO", license_number="1") for one in people])
    practices = Practice.objects.bulk_create([Practice(provider=one, name=f"Practice {n}") for n, one in enumerate(made)])
    own = [first, beside]
    cases = [_case(number, own[number // OWN_OF % 2] if number % OWN_OF == 0 else chance.choice(practices), chance)
             for number in range(CASES)]  # fmt: skip
    cases = Case.objects.bulk_create(cases)
    orders = Order.objects.bulk_create([_order(case) for case in cases])
    for case, order in zip(cases, orders, strict=True):
        case.number, case.current_order = Case.number_for(case.pk), order
    Case.objects.bulk_update(cases, ["number", "current_order"], batch_size=400)
    wide: User = UserFactory(first_name="Wide")
    narrow: User = UserFactory(first_name="Narrow")
    everywhere = [(wide, one, n % 4 != 0, 0.2) for n, one in enumerate(made)]
    # Others work together too: what one reader may see is a small part of all that is shared.
    others = [(people[n - 1 - far], one, False, 0.3) for n, one in enumerate(made) for far in range(3)]
    whose = [*everywhere, (wide, first.provider, True, 0.0), (narrow, made[0], True, 0.0), (narrow, first.provider, False, 0.6), *others]
    _shared(whose, cases, chance)
    for person in (wide, narrow, first.provider.person):
        CaseUnread.objects.bulk_create([CaseUnread(case=case, person=person, count=1) for case in cases if chance.random() < 0.02])
    _counted([first.provider, *made], cases)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    reader = Workspace.COLLABORATOR
    owner = Actor(first.provider.person, Workspace.PROVIDER, first.provider_id)
    return Crowd(owner, Actor(wide, reader), Actor(narrow, reader), first)


def _case(number: int, practice: Practice, chance: Random) -> Case:
    status = chance.choice([one for one in Status.values for _n in range(4 if one == "completed" else 1)])
    name = f"{chance.choice(['Zofia', 'Bo', 'Ida', 'Emre', 'An'])} {chance.choice(['Dąbrowska', 'Li', 'Holm', 'Weiß'])} {number % 97}"
    at = BEGINS + timedelta(minutes=chance.randrange(900_000))
    return Case(
        provider_id=practice.provider_id, practice=practice, patient_norm=norm(name), clinician_norm=norm(practice.provider.name),
        practice_norm=practice.name_norm, status=status, case_type=chance.choice([*["aligner"] * 6, *CaseType.values]),
        created_by_id=practice.provider.person_id, submitted_at=None if status == "draft" else at, last_activity_at=at,
        awaiting_version=1 if status == "awaiting_approval" else None, newest_version=1,
    )  # fmt: skip


def _order(case: Case) -> Order:
    held = "in_production" if case.status == "on_hold" else ""
    closed = BEGINS if case.status in {"completed", "cancelled"} else None
    return Order(case=case, kind=case.case_type, status=case.status, held_status=held, created_by_id=case.created_by_id,
                 submitted_at=case.submitted_at, closed_at=closed)  # fmt: skip


def _shared(whose: list[tuple[User, Provider, bool, float]], cases: list[Case], chance: Random) -> None:
    """A collaboration for each (person, provider, every case, part of the cases shared singly)."""
    theirs = defaultdict(list)
    for case in cases:
        theirs[case.provider_id].append(case)
    rows = Collaboration.objects.bulk_create([
        Collaboration(provider=provider, person=person, email=person.email, state="active", every_case=every)
        for person, provider, every, _part in whose
    ])  # fmt: skip
    shares = [
        Share(case=case, collaboration=row, created_by_id=person.pk, batch=new_key())
        for row, (person, provider, _every, part) in zip(rows, whose, strict=True)
        for case in theirs[provider.pk]
        if chance.random() < part
    ]
    Share.objects.bulk_create(shares)
    # Marks stay when their version is decided: there are many more of them than cases that wait.
    marks = [ReadyMark(case=one.case, collaboration_id=one.collaboration_id, version=n) for one in shares for n in (1, 2)]
    ReadyMark.objects.bulk_create(marks)
    singly = {row.pk for row in rows if not row.every_case}
    found = Counter((one.collaboration_id, one.case.status) for one in shares if one.collaboration_id in singly)
    CollaborationCount.objects.bulk_create([CollaborationCount(collaboration_id=pk, status=s, count=n) for (pk, s), n in found.items()])


def _counted(providers: list[Provider], cases: list[Case]) -> None:
    found = Counter((case.provider_id, case.status) for case in cases)
    of = {one.pk: {status: found[one.pk, status] for status in Status.values} for one in providers}
    ProviderCount.objects.bulk_create([ProviderCount(provider_id=pk, **counts) for pk, counts in of.items()])
