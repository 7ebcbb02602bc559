"""Undo of an act of sharing."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Event
from midline.cases import services
from midline.cases.models import Case, Share
from midline.cases.policies import cases_for
from midline.cases.tests.factories import make_case
from midline.collaboration.models import Collaboration, Grant
from midline.core import clock


def shared(cast):
    make_case(cast.practice, first_name="Bo")
    bare = cast.with_no_grant.collaboration
    return services.cases_share(collaboration=bare, cases=Case.objects.all(), by=cast.owner.actor)


def address(batch) -> str:
    return reverse("cases:shares_undo", args=[batch.pk])


def test_undo_takes_the_act_back(cast):
    batch = shared(cast)

    response = cast.owner.client.post(address(batch), {"next": "/provider/collaborators/?with=1"})

    assert response.url == "/provider/collaborators/?with=1"
    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case]


def test_undo_late_is_refused_with_409_and_undo_twice_is_undo_once(cast):
    batch = shared(cast)
    with time_machine.travel(clock.now() + timedelta(seconds=90), tick=False):
        response = cast.owner.client.post(address(batch))
        assert response.status_code == 409
        assert "too late to undo" in response.content.decode()
    assert cast.owner.client.post(address(batch)).status_code == 302
    assert cast.owner.client.post(address(batch)).status_code == 302
    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case]
    assert Event.objects.filter(kind="cases.shared", data__act="undo").count() == 1


def test_only_the_provider_whose_act_it_was_undoes_it(cast):
    batch = shared(cast)
    for who in ("with_every_grant", "with_no_grant", "technician", "stranger", "other_provider"):
        assert cast.client_of(who).post(address(batch)).status_code == 404, who
    assert cast.owner.client.get(address(batch)).status_code == 405
    assert cast.owner.client.post(reverse("cases:shares_undo", args=[uuid4()])).status_code == 404
    assert Share.objects.filter(batch=batch.pk, ended_at=None).count() == batch.count


def test_undo_of_the_last_act_never_takes_back_what_was_decided_since(cast):
    bare, owner = cast.with_no_grant.collaboration, cast.owner.actor
    began = services.standing_grant_begin(collaboration=bare, by=owner)
    ended = services.standing_grant_end(collaboration=bare, by=owner)

    services.shares_undo(batch_id=began.pk, by=owner)
    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case], "the later decision stands"
    services.shares_undo(batch_id=ended.pk, by=owner)
    assert not Collaboration.objects.get(pk=bare.pk).every_case, "both are undone: as before the first"


def test_a_share_that_was_removed_comes_back_though_a_row_holds_what_is_taken_away(cast):
    bare, owner = cast.with_no_grant.collaboration, cast.owner.actor
    removed = services.cases_unshare(collaboration=bare, cases=Case.objects.all(), by=owner)
    services.standing_grant_begin(collaboration=bare, by=owner)
    services.share_withhold(case=cast.case, collaboration=bare, withheld={Grant.DOWNLOAD}, by=owner)

    services.shares_undo(batch_id=removed.pk, by=owner)
    services.standing_grant_end(collaboration=bare, by=owner)

    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case]
    assert Share.objects.get(collaboration=bare, ended_at=None).withheld == {Grant.DOWNLOAD}


@pytest.mark.parametrize("cases", [10, pytest.param(1_000, marks=pytest.mark.slow)])
def test_every_act_is_the_same_number_of_statements_whatever_the_number_of_cases(cast, cases):
    bare, owner, everything = cast.with_no_grant.collaboration, cast.owner.actor, Case.objects.all()
    copies = [Case(number=f"{n:07d}", provider=cast.practice.provider, practice=cast.practice, status="draft", case_type="aligner",
                   clinician_norm="x", created_by=cast.owner.user) for n in range(cases)]  # fmt: skip
    Case.objects.bulk_create(copies)
    services.provider_recount(cast.practice.provider_id)
    given = {"collaboration": bare, "by": owner}
    found = {}

    def counted(name, act):
        with CaptureQueriesContext(connection) as captured:
            batch = act()
        found[name] = len(captured)
        return batch

    shared = counted("share", lambda: services.cases_share(cases=everything, **given))
    assert shared.count == cases
    counted("undo", lambda: services.shares_undo(batch_id=shared.pk, by=owner))
    services.cases_share(cases=everything, **given)
    counted("stop", lambda: services.cases_unshare(cases=everything, **given))
    counted("every case", lambda: services.standing_grant_begin(**given))
    counted("but one", lambda: services.standing_grant_to_single(except_case=cast.case, **given))
    most = {"share": 32, "undo": 30, "stop": 32, "every case": 32, "but one": 40}
    assert {name: n for name, n in found.items() if n > most[name]} == {}, found
    assert Share.objects.filter(collaboration=bare, ended_at=None).count() == cases
