"""The law of reading: what a collaborator may view is one set, whichever way it is read.

Lists begin at the cases (`cases_for`), at the grants (`cases_gathered`, `visible_parts`) or at a list of who shares (`cases_walked`), for a
reader who is known or one who is filled in later (`Anyone`). In any small world all of them say what `cases_for` says.
"""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midline.cases.models import Case, Status
from midline.cases.policies import Anyone, cases_for, cases_gathered, cases_walked, visible_parts
from midline.cases.queries.reach import who
from midline.cases.services import share_withhold, standing_grant_begin, standing_grant_end
from midline.cases.tests.factories import make_case
from midline.cases.tests.test_policies_agree import PEOPLE, build, worlds
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.prepared import Slot, prepared
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider

# What else may have become of a world: of the provider's registration, the accounts, what ended and how, the cases.
fates = st.fixed_dictionaries({
    "registration": st.sampled_from(["confirmed", "confirmed", "confirmed", "refused", "pending"]),
    "closed": st.lists(st.sampled_from([False, False, False, True]), min_size=PEOPLE, max_size=PEOPLE),
    "ended": st.sampled_from(Collaboration.Ended.values),
    "ends_now": st.booleans(),
    "statuses": st.lists(st.sampled_from(["draft", "awaiting_approval", "completed"]), min_size=3, max_size=3),
    "again": st.booleans(),
})  # fmt: skip


def befall(fate: dict[str, Any], actors: list[Actor], cases: list[Case]) -> list[Actor]:
    """The world after what befell it; the people as the next request reads them."""
    Provider.objects.filter(pk=cases[0].provider_id).update(state=fate["registration"])
    for actor, closed in zip(actors, fate["closed"], strict=False):
        User.objects.filter(pk=actor.user_id).update(is_active=not closed)
    ended = Collaboration.objects.filter(state="ended")
    ended.update(ended=fate["ended"])
    if fate["ends_now"]:
        Collaboration.objects.filter(ends_at__gt=clock.now()).update(ends_at=clock.now())
    for case, status in zip(cases, fate["statuses"], strict=True):
        Case.objects.filter(pk=case.pk).update(status=status)
    for row in ended if fate["again"] else ():
        # Invited anew after an end: the row that ended, and its shares, give nothing beside it.
        Collaboration.objects.create(
            provider_id=row.provider_id, person_id=row.person_id, email=row.email, state="active", every_case=not row.every_case
        )
    return [Actor(User.objects.get(pk=one.user_id), one.workspace, one.provider_id) for one in actors]


def ways(actor: Actor, provider: int | None, statuses: list[str]) -> dict[str, list[int]]:
    """The ids that each way reads, of one provider and in some statuses if so asked."""
    anyone, one = Anyone(actor.workspace), Slot("one_provider") if provider is not None else None

    def narrowed(rows: Any) -> list[int]:
        rows = rows.filter(provider_id=provider) if provider is not None else rows
        return sorted((rows.filter(status__in=statuses) if statuses else rows).values_list("pk", flat=True))

    def filled_in(way: str, rows: Any) -> list[int]:
        found = prepared(("law of reading", way, one is None, *statuses), lambda: rows.order_by().values_list("pk"))
        return sorted(pk for (pk,) in found.rows(**who(actor), one_provider=provider))

    found = {
        "cases_for": narrowed(cases_for(actor)),
        "cases_gathered": sorted(cases_gathered(actor, provider, statuses).values_list("pk", flat=True)),
        "cases_walked": narrowed(cases_walked(actor)),
        "visible_parts": sorted(pk for part in visible_parts(actor, provider, statuses) for pk in part.values_list("pk", flat=True)),
    }
    if not actor.user.is_active:
        return found  # such a reader is never filled in: queries/reading.py asks before
    standing = cases_for(anyone)
    standing = standing.filter(provider_id=one) if one is not None else standing
    return found | {
        "gathered for anyone": filled_in("gathered", cases_gathered(anyone, one, statuses)),
        "for anyone": filled_in("walked", standing.filter(status__in=statuses) if statuses else standing),
    }


@pytest.mark.slow
@settings(
    max_examples=400 if os.environ.get("MIDLINE_LONG") else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds, fate=fates)
def test_every_way_of_reading_gives_the_cases_of_the_policy(db, world, fate):
    with transaction.atomic():
        actors, cases = build(world)
        for actor in befall(fate, actors, cases):
            if actor.workspace is not Workspace.COLLABORATOR:
                assert not cases_gathered(actor).exists(), "only collaborators gather"
                assert not cases_walked(actor).exists()
                continue
            for provider in (None, cases[0].provider_id, cases[-1].provider_id):
                for statuses in ([], ["awaiting_approval"], ["draft", "completed"]):
                    found = ways(actor, provider, statuses)
                    assert all(ids == found["cases_for"] for ids in found.values()), found
        transaction.set_rollback(True)


def everything_read(actor: Actor, *cases: Case) -> None:
    found = ways(actor, None, [])
    assert all(ids == sorted(case.pk for case in cases) for ids in found.values()), found


def test_a_row_that_only_holds_what_is_taken_away_gives_nothing_in_any_way(cast):
    mine = cast.with_every_grant.collaboration
    beside = make_case(cast.practice)
    standing_grant_begin(collaboration=mine, by=cast.owner.actor)
    share_withhold(case=beside, collaboration=mine, withheld=set(mine.granted), by=cast.owner.actor)
    everything_read(cast.with_every_grant.actor, cast.case, beside)

    standing_grant_end(collaboration=mine, by=cast.owner.actor)

    everything_read(cast.with_every_grant.actor, cast.case)


def test_a_single_share_beside_a_standing_grant_is_read_once(cast):
    standing_grant_begin(collaboration=cast.with_no_grant.collaboration, by=cast.owner.actor)

    everything_read(cast.with_no_grant.actor, cast.case)


def test_a_share_of_one_case_shares_no_other_of_its_provider(cast):
    make_case(cast.practice)

    everything_read(cast.with_no_grant.actor, cast.case)


@pytest.mark.parametrize("how", ["state", "share", "clock", "provider"])
def test_what_ended_is_read_in_no_way(cast, how):
    mine = Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk)
    match how:
        case "state":
            mine.update(state="ended", ended="left")
        case "share":
            cast.case.shares.filter(collaboration=mine.get()).update(ended_at=clock.now())
        case "clock":
            mine.update(ends_at=clock.now() - timedelta(seconds=1))
        case "provider":
            Provider.objects.filter(pk=cast.practice.provider_id).update(state="refused")

    everything_read(cast.with_no_grant.actor)


def test_statuses_and_providers_that_nobody_has_read_nothing(cast):
    for found in (ways(cast.with_no_grant.actor, 0, []), ways(cast.with_no_grant.actor, None, [Status.CANCELLED.value])):
        assert not any(found.values()), found
