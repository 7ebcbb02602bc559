"""Undo of an act of sharing."""

from datetime import timedelta
from uuid import uuid4

import time_machine
from django.urls import reverse

from midline.activity.models import Event
from midline.cases import services
from midline.cases.models import Case, Share
from midline.cases.policies import cases_for
from midline.cases.tests.factories import make_case
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
