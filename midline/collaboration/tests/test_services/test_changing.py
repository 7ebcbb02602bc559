"""Changing what is granted, each rule by its sentence."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from midline.collaboration import services
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import CollaborationFactory
from midline.collaboration.tests.test_services.steps import acting, change
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.practices.tests.factories import ProviderFactory

pytestmark = pytest.mark.django_db


def test_a_change_raises_the_revision_and_tells_before_and_after(provider):
    row = CollaborationFactory(provider=provider, download=True)

    event = change(provider, row, grants=["add_orders"], hides_identity=True)

    row.refresh_from_db()
    assert (row.revision, row.granted, row.hides_identity) == (2, {Grant.ADD_ORDERS}, True)
    assert (event.data["before"]["download"], event.data["after"]["download"]) == (True, False)
    assert event.data["person_id"] == row.person_id


def test_a_change_that_changes_nothing_records_nothing(provider):
    row = CollaborationFactory(provider=provider)

    assert change(provider, row) is None
    assert Collaboration.objects.get(pk=row.pk).revision == 1


def test_a_change_from_a_stale_form_is_refused(provider):
    row = CollaborationFactory(provider=provider)
    change(provider, row, grants=["download"], seen_revision=1)

    with pytest.raises(NotAllowedNow):
        change(provider, row, grants=["publish_setups"], seen_revision=1)


def test_a_past_end_date_that_stands_does_not_block_other_changes_but_ends_the_row(provider):
    row = CollaborationFactory(provider=provider, ends_on=date(2020, 1, 1), ends_at=clock.now() - timedelta(days=1))
    with pytest.raises(NotAllowedNow):
        change(provider, row, grants=["download"])


def test_a_change_can_be_undone_once_and_soon(provider):
    row = CollaborationFactory(provider=provider, download=True)
    event = change(provider, row, grants=["add_orders"])

    services.collaboration_change_undo(event_id=event.pk, by=acting(provider))

    row.refresh_from_db()
    assert row.granted == {Grant.DOWNLOAD}
    with pytest.raises(NotAllowedNow):
        services.collaboration_change_undo(event_id=event.pk, by=acting(provider))


def test_a_change_cannot_be_undone_after_a_minute_nor_by_another_provider(provider):
    row = CollaborationFactory(provider=provider)
    event = change(provider, row, grants=["add_orders"])

    with pytest.raises(PermissionDenied):
        services.collaboration_change_undo(event_id=event.pk, by=acting(ProviderFactory()))
    with time_machine.travel(clock.now() + timedelta(seconds=61)), pytest.raises(NotAllowedNow):
        services.collaboration_change_undo(event_id=event.pk, by=acting(provider))


def test_a_provider_changes_only_their_own_collaborations(provider):
    row = CollaborationFactory()
    for act in (services.collaboration_revoke, services.invitation_withdraw, services.invitation_resend):
        with pytest.raises(PermissionDenied):
            act(collaboration=row, by=acting(provider))
    with pytest.raises(PermissionDenied):
        change(provider, row)
