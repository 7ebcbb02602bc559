"""Who else looks at a case just now: told by the poll of an open review, by the policy alone."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.collaboration.models import Collaboration
from midline.conversation.services import comment_add
from midline.core import clock
from midline.core.ids import new_key
from midline.people.models import User
from midline.setups.tests.factories import make_version


@pytest.fixture
def case(cast) -> Case:
    """A case with a published version, nobody looking."""
    cache.clear()
    taken = move(cast.case, "take", technician=cast.technician.user)
    make_version(taken, cast.technician.user)
    return move(taken, "publish", technician=cast.technician.user)


def poll(person, case: Case, version: int | str = 1, around: str = ""):
    newest = 10**12
    asked = {"after": newest, "here": version, "around": around}
    return person.client.get(f"/{person.actor.workspace}/cases/{case.number}/updates", asked)


def sees(person, case: Case, version: int = 1) -> str:
    answer = poll(person, case, version)
    return str(answer.json()["here"]["html"]) if answer.status_code == 200 else ""


def test_two_people_see_each_other_and_nobody_sees_themselves(cast, case):
    comment_add(case=case, by=cast.with_no_grant.actor, body="Look.", key=new_key())
    assert sees(cast.owner, case) == ""
    bare = sees(cast.with_no_grant, case)
    owner = sees(cast.owner, case)

    assert cast.owner.user.name in bare
    assert cast.with_no_grant.user.name not in bare
    assert cast.with_no_grant.user.name in owner
    assert "version 1" in owner


def test_what_is_shown_already_is_not_sent_again(cast, case):
    poll(cast.with_no_grant, case)
    mark = poll(cast.owner, case).json()["here"]["mark"]

    assert poll(cast.owner, case, around=mark).status_code == 204
    collaboration = cast.with_no_grant.collaboration
    Collaboration.objects.filter(pk=collaboration.pk).update(state="ended")
    assert poll(cast.owner, case, around=mark).json() == {"last": 10**12, "changed": [], "here": {"mark": "", "html": ""}}


def test_who_lost_access_is_gone_at_the_next_poll_and_gets_404(cast, case):
    poll(cast.with_no_grant, case)
    assert cast.with_no_grant.user.name in sees(cast.owner, case)
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(state="ended")

    assert sees(cast.owner, case) == ""
    assert poll(cast.with_no_grant, case).status_code == 404


def test_a_blocked_account_is_gone_at_once(cast, case):
    poll(cast.with_no_grant, case)
    User.objects.filter(pk=cast.with_no_grant.user.pk).update(is_active=False)

    assert sees(cast.owner, case) == ""


def test_the_lab_sees_nobody_and_is_seen_by_nobody_and_strangers_get_404(cast, case):
    poll(cast.owner, case)
    assert sees(cast.technician, case) == ""
    assert sees(cast.owner, case) == ""
    assert poll(cast.stranger, case).status_code == 404
    assert poll(cast.other_provider, case).status_code == 404
    assert "data-here" not in cast.technician.client.get(f"/lab/cases/{case.number}/setups/1/").content.decode()
    assert 'data-here="1"' in cast.owner.client.get(f"/provider/cases/{case.number}/setups/1/").content.decode()


def test_a_collaborator_is_told_of_no_other_whom_they_have_not_met_in_the_conversation(cast, case):
    poll(cast.with_every_grant, case)
    assert sees(cast.with_no_grant, case) == ""
    assert cast.with_every_grant.user.name in sees(cast.owner, case)
    comment_add(case=case, by=cast.with_every_grant.actor, body="I am here.", key=new_key())

    assert cast.with_every_grant.user.name in sees(cast.with_no_grant, case)


def test_who_closed_the_page_is_forgotten_within_seconds(cast, case):
    with time_machine.travel(clock.now(), tick=False) as now:
        poll(cast.with_no_grant, case)
        now.shift(timedelta(seconds=10))
        assert cast.with_no_grant.user.name in sees(cast.owner, case)
        now.shift(timedelta(seconds=5))
        assert sees(cast.owner, case) == ""


def test_a_version_that_is_not_published_is_not_told(cast, case):
    poll(cast.with_every_grant, case, 2)
    html = sees(cast.owner, case)

    assert cast.with_every_grant.user.name in html
    assert "version" not in html


def test_hidden_identity_names_no_patient_and_a_name_is_text(cast, case):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)
    User.objects.filter(pk=cast.owner.user.pk).update(first_name="<img src=x>", last_name='"Ø')
    poll(cast.owner, case)
    html = sees(cast.with_no_grant, case)

    assert "<img" not in html
    assert "&lt;img" in html
    assert case.patient is not None
    assert case.patient.last_name not in html


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 40, "٣"])
def test_what_is_no_version_looks_at_nothing(cast, case, version):
    assert poll(cast.with_no_grant, case, version).status_code == 204
    assert sees(cast.owner, case) == ""


def test_an_entry_is_written_anew_at_every_second_poll_and_not_at_each(cast, case):
    written = set()
    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(6):
            poll(cast.owner, case)
            written.add(cache.get(f"here-{case.pk}")[f"provider-{cast.owner.user.pk}"])
            now.shift(timedelta(seconds=4))

    assert len(written) == 3


def test_somebody_who_is_signed_out_is_not_counted(cast, case):
    assert Client().get(f"/provider/cases/{case.number}/updates", {"after": 0, "here": 1}).status_code == 302
    assert cache.get(f"here-{case.pk}") is None
