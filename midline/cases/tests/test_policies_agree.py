"""The law of the policy: in any small world, the three directions of the rule say the same."""

import os
from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Share
from midline.cases.models.share import WITHHOLDS
from midline.cases.policies import actions_on, cases_for, may, users_who_may
from midline.cases.tests.factories import make_case
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

CASES, PEOPLE = 3, 2

grants = st.fixed_dictionaries({grant.value: st.booleans() for grant in Grant})
collaborations = st.fixed_dictionaries({
    "state": st.sampled_from(["invited", "active", "active", "active", "ended"]),
    "every_case": st.booleans(),
    "hides_identity": st.booleans(),
    "ends_in_days": st.sampled_from([None, None, -1, 1]),
    "grants": grants,
})  # fmt: skip
shares = st.fixed_dictionaries({
    "person": st.integers(0, PEOPLE - 1),
    "case": st.integers(0, CASES - 1),
    "gives": st.booleans(),
    "ended": st.booleans(),
    "withholds": grants,
})  # fmt: skip
worlds = st.fixed_dictionaries({
    "collaborations": st.lists(st.none() | collaborations, min_size=PEOPLE, max_size=PEOPLE),
    "shares": st.lists(shares, max_size=5, unique_by=lambda s: (s["person"], s["case"], s["ended"])),
    "submitted": st.lists(st.booleans(), min_size=CASES, max_size=CASES),
    "planner": st.none() | st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, CASES - 1)),
})  # fmt: skip


def build(world: dict[str, Any]) -> tuple[list[Actor], list[Case]]:
    """Two providers, people who collaborate with the first, a technician; cases of both providers."""
    practice, other = PracticeFactory(), PracticeFactory()
    cases = [make_case(practice if n < CASES - 1 else other) for n in range(CASES)]
    for case, submitted in zip(cases, world["submitted"], strict=True):
        Case.objects.filter(pk=case.pk).update(submitted_at=clock.now() if submitted else None)
    people = [UserFactory() for _ in range(PEOPLE)]
    made: list[Collaboration | None] = []
    for person, drawn in zip(people, world["collaborations"], strict=True):
        days = drawn and drawn["ends_in_days"]
        made.append(drawn and CollaborationFactory(
            provider=practice.provider, person=person, state=drawn["state"], ended="left" if drawn["state"] == "ended" else "",
            every_case=drawn["every_case"], hides_identity=drawn["hides_identity"],
            ends_at=clock.now() + timedelta(days=days) if days else None, **drawn["grants"],
        ))  # fmt: skip
    for one in world["shares"]:
        case, collaboration = cases[one["case"] % (CASES - 1)], made[one["person"]]
        if collaboration is None or (not one["ended"] and _shared_openly(case, collaboration)):
            continue
        Share.objects.create(
            case=case, collaboration=collaboration, gives=one["gives"], batch=new_key(),
            created_by=practice.provider.person, ended_at=clock.now() if one["ended"] else None,
            **{WITHHOLDS[Grant(name)]: held for name, held in one["withholds"].items()},
        )  # fmt: skip
    if world["planner"]:
        person, number = world["planner"]
        Order.objects.filter(case=cases[number]).update(planner=people[person], planner_workspace=Workspace.COLLABORATOR)
    actors = [Actor(person, Workspace.COLLABORATOR) for person in people]
    actors += [Actor(p.provider.person, Workspace.PROVIDER, p.provider_id) for p in (practice, other)]
    actors.append(Actor(UserFactory(is_technician=True), Workspace.LAB))
    return actors, list(Case.objects.filter(pk__in=[case.pk for case in cases]))


def _shared_openly(case: Case, collaboration: Collaboration) -> bool:
    return Share.objects.filter(case=case, collaboration=collaboration, ended_at=None).exists()


@settings(
    max_examples=400 if os.environ.get("MIDLINE_LONG") else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds)
def test_the_three_directions_of_the_policy_agree(db, world):
    with transaction.atomic():
        actors, cases = build(world)
        for actor in actors:
            listed = {action: set(cases_for(actor, action).values_list("pk", flat=True)) for action in Action}
            for case in cases:
                allowed = {action for action in Action if case.pk in listed[action]}
                assert actions_on(actor, case) == allowed
                for action in Action:
                    people = users_who_may(action, case, actor.workspace).values_list("pk", flat=True)
                    assert (actor.user_id in people) == (action in allowed), (actor.workspace, action)
                one = sorted(Action)[case.pk % len(Action)]
                assert may(actor, one, case) == (one in allowed)
                assert Action.VIEW in allowed or not allowed, "whoever may anything on a case sees it"
        transaction.set_rollback(True)
