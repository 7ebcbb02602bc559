"""Every row that can give access stands on the owner's pages: what the database holds, read without the policy, and what the pages say."""

import random
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from midline.cases.models import Case, Order, Share
from midline.cases.tests.factories import make_case, move
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core import clock
from midline.notify.tests.factories import invited
from midline.people.tests.factories import UserFactory

BOX = re.compile(r'<input[^>]*name="collaboration"[^>]*>')
# One row for each (case, collaboration) that gives access now, or will once an invitation is accepted.
GIVES = """
    SELECT c.id, k.id FROM cases_case c JOIN collaboration_collaboration k ON k.provider_id = c.provider_id
    WHERE k.state <> 'ended' AND (k.ends_at IS NULL OR k.ends_at > %s) AND (k.every_case OR EXISTS (
        SELECT 1 FROM cases_share s WHERE s.case_id = c.id AND s.collaboration_id = k.id AND s.ended_at IS NULL AND s.gives))
"""


def world(cast, dice: random.Random) -> None:
    """Collaborators in every state, with shares that give, only hold, or have ended, on cases in several states."""
    owner, now = cast.owner, clock.now()
    cases = [cast.case, make_case(cast.practice), move(make_case(cast.practice), "submit", technician=cast.technician.user)]
    rows = list(Collaboration.objects.filter(provider=cast.practice.provider))
    for n in range(8):
        if dice.random() < 0.3:
            rows.append(invited(owner.actor, f"asked{n}@example.org", every_case=dice.random() < 0.3))
            continue
        ends = dice.choice([None, None, now + timedelta(days=3), now - timedelta(seconds=1)])
        state = dice.choice(["active", "active", "active", "ended"])
        about = {"state": state, "ended": "revoked" if state == "ended" else "", "ends_at": ends, "every_case": dice.random() < 0.3}
        rows.append(CollaborationFactory(provider=cast.practice.provider, person=UserFactory(), **EVERY_GRANT, **about))
    Share.objects.all().delete()
    for case in cases:
        for row in dice.sample(rows, 6):
            ended = dice.choice([None, None, now])
            Share.objects.create(
                case=case, collaboration=row, gives=dice.random() < 0.7, ended_at=ended, created_by=owner.user, batch=uuid4()
            )


def inventory() -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GIVES, [clock.now()])
        for case_id, collaboration_id in cursor.fetchall():
            found.setdefault(case_id, set()).add(collaboration_id)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_gives_access_is_what_the_owner_is_shown(cast, seed):
    world(cast, random.Random(seed))
    gives, client = inventory(), cast.owner.client
    account = client.get("/account/collaborators/").content.decode()
    listed = {row.id: row.collaborators for row in client.get("/provider/orders/").context["list"].rows}
    assert sum(len(rows) for rows in gives.values()) >= 4

    for case in Case.objects.filter(provider=cast.practice.provider):
        rows = gives.get(case.pk, set())
        popover = client.get(f"/provider/cases/{case.number}/collaborators/").content.decode()
        boxes = [box for box in BOX.findall(popover) if " checked" in box]
        ticked = {int(value) for box in boxes for value in re.findall(r'value="(\d+)"', box)}
        assert ticked == rows, case.number
        page = client.get(f"/provider/cases/{case.number}/").content.decode()
        for row in Collaboration.objects.filter(pk__in=rows):
            assert row.name in page, "the case page names them"
            assert f'id="collaboration-{row.pk}"' in account, "and so does My Account"
        assert listed[case.pk] == len(rows), "the number beside the case"


def test_who_plans_an_order_is_named_on_the_case_page(cast):
    Order.objects.filter(case=cast.case).update(
        planner=cast.with_every_grant.user, planner_workspace="collaborator", status="in_production"
    )

    page = cast.owner.client.get(f"/provider/cases/{cast.case.number}/orders/").content.decode()

    assert cast.with_every_grant.user.name in page
