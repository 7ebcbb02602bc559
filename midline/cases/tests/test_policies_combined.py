"""Permissions × state × sharing × identity × what is taken away × planner: every combination, set-wise, in every status of a case.

The table tells the rules one by one; here each is combined with each other, so that no pair of rules has a hole. What is expected follows
from the small tables below, without the policy.
"""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Share
from midline.cases.models.share import WITHHOLDS
from midline.cases.policies import actions_on, cases_for, users_who_may
from midline.cases.tests.factories import case_in
from midline.cases.tests.policy_table import meaning
from midline.cases.tests.policy_world import NOW, count_rows
from midline.collaboration.models import Collaboration, Grant
from midline.core import clock
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

STATES: dict[str, tuple[dict[str, Any], bool]] = {
    "invited": ({"state": "invited"}, False),
    "active": ({"state": "active"}, True),
    "last second": ({"state": "active", "ends_at": NOW + timedelta(seconds=1)}, True),
    "over this moment": ({"state": "active", "ends_at": NOW}, False),
    "past its end": ({"state": "active", "ends_at": NOW - timedelta(days=1)}, False),
    **{how: ({"state": "ended", "ended": how}, False) for how in ("declined", "withdrawn", "expired", "revoked", "left")},
}
# every_case, the row of the case as (gives, ended), whether this shares the case
SHARED = {
    "none": (False, None, False),
    "single": (False, (True, False), True),
    "single, ended": (False, (True, True), False),
    "held row": (False, (False, False), False),
    "every case": (True, None, True),
    "every case and single": (True, (True, False), True),
    "every case, held row": (True, (False, False), True),
}
GRANTED: dict[str, set[Grant]] = {"nothing": set(), **{grant.value: {grant} for grant in Grant}, "everything": set(Grant)}
TAKEN_AWAY: dict[str, set[Grant]] = {
    "nothing": set(),
    "download": {Grant.DOWNLOAD},
    "publish_setups": {Grant.PUBLISH_SETUPS},
    "everything": set(Grant),
}
HIDDEN = (False, True)
PLANS = (False, True)
GIVES = {
    Grant.ADD_ORDERS: "orders",
    Grant.DECLINE_SETUPS: "decline",
    Grant.EDIT_RECORDS: "records",
    Grant.DOWNLOAD: "copies, originals",
    Grant.PUBLISH_SETUPS: "take, plan",
}


def expected(state, shared, granted, taken, hidden, plans) -> frozenset[Action]:
    """What product.md gives this combination."""
    _every, row, reaches = SHARED[shared]
    if not (STATES[state][1] and reaches):
        return frozenset()
    held = TAKEN_AWAY[taken] if row and not row[1] else set()
    given = meaning("see, name").union(*(meaning(GIVES[grant]) for grant in GRANTED[granted] - held))
    return given - (meaning("name, originals") if hidden else set()) - (set() if plans else meaning("plan"))


def combinations() -> list[tuple[Any, ...]]:
    every = product(STATES, SHARED, GRANTED, TAKEN_AWAY, HIDDEN, PLANS)
    # Without a row of the case nothing can be taken away on it.
    return [row for row in every if SHARED[row[1]][1] or row[3] == "nothing"]


def people_of(rows: list[tuple[Any, ...]], cases: list[Case]) -> list[User]:
    """One person a combination, in a constant number of statements."""
    provider = cases[0].provider
    users = User.objects.bulk_create(User(email=f"all{n}@example.org", password="!") for n in range(len(rows)))
    made = Collaboration.objects.bulk_create(
        Collaboration(
            provider=provider, person=user, email=user.email, every_case=SHARED[shared][0], hides_identity=hidden,
            **STATES[state][0], **{grant.value: True for grant in GRANTED[granted]},
        )
        for user, (state, shared, granted, _taken, hidden, _plans) in zip(users, rows, strict=True)
    )  # fmt: skip
    shares, orders = [], []
    for n, (user, collaboration, (_state, shared, _granted, taken, _hidden, plans)) in enumerate(zip(users, made, rows, strict=True)):
        held = {WITHHOLDS[grant]: True for grant in TAKEN_AWAY[taken]}
        for case in cases:
            if row := SHARED[shared][1]:
                ended_at = NOW if row[1] else None
                about: dict[str, Any] = {"batch": new_key(), "created_by": provider.person, "ended_at": ended_at}
                shares.append(Share(case=case, collaboration=collaboration, gives=row[0], **about, **held))
            if plans:
                about = {"kind": "retainer", "ordinal": 1000 + n, "status": "in_production", "created_by": user}
                orders.append(Order(case=case, planner=user, planner_workspace=Workspace.COLLABORATOR, **about))
    Share.objects.bulk_create(shares, batch_size=2000)
    Order.objects.bulk_create(orders, batch_size=2000)
    count_rows()
    return users


@pytest.mark.slow
def test_every_combination_gives_what_its_parts_give(db):
    technician, practice, rows = UserFactory(is_technician=True), PracticeFactory(), combinations()
    with clock.at(NOW):
        cases = [case_in(practice, path, technician=technician) for path in ("draft", "awaiting_approval", "completed")]
        users = people_of(rows, cases)
        right = dict(zip((user.pk for user in users), (expected(*row) for row in rows), strict=True))

        for case, action in product(cases, Action):
            found = set(users_who_may(action, case, Workspace.COLLABORATOR).values_list("pk", flat=True))
            wrong = found ^ {pk for pk, allowed in right.items() if action in allowed}
            assert [rows[pk - users[0].pk] for pk in wrong] == [], (action, case.status)
        # The other directions, for every 23rd person and another action each: 23 shares no factor with the tables above.
        for n in range(0, len(rows), 23):
            actor, action = Actor(users[n], Workspace.COLLABORATOR), list(Action)[n % len(Action)]
            case = cases[n % len(cases)]
            assert actions_on(actor, case) == expected(*rows[n]), rows[n]
            assert set(cases_for(actor, action)) == (set(cases) if action in expected(*rows[n]) else set()), rows[n]
