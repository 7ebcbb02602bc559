"""The Collaborator Dashboard over HTTP."""

import csv
import io

import pytest
from django.urls import reverse

from midline.activity.models import Access
from midline.cases import services
from midline.cases.models import CaseUnread, Patient
from midline.cases.tests.factories import case_in, make_case, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.practices.tests.factories import PracticeFactory

CASES = reverse("cases:collaborator_cases")
EXPORT = reverse("cases:export_collaborator_cases")


@pytest.mark.parametrize("who", ["owner", "technician", "stranger", "other_provider"])
@pytest.mark.parametrize("address", [CASES, EXPORT])
def test_nobody_but_a_collaborator_has_this_page(cast, who, address):
    assert cast.client_of(who).get(address).status_code == 404


def test_signed_out_people_sign_in_first(cast):
    assert cast.client_of("signed_out").get(CASES).status_code == 302


def test_a_collaborator_sees_what_is_shared_and_nothing_else(cast):
    other = make_case(cast.practice, first_name="Other")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert cast.case.number in html
    assert "Maren Østby" in html
    assert other.number not in html


def test_a_former_collaborator_sees_an_empty_list(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(state="ended", ended="revoked")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert cast.case.number not in html
    assert "No case is shared with you" in html


def test_to_evaluate_is_the_first_tab_and_empties_when_it_is_done(cast):
    case = case_in(cast.practice, "awaiting_approval", technician=cast.technician.user, name="Bo Li")
    share(case, cast.with_no_grant.collaboration)
    response = cast.with_no_grant.client.get(CASES, {"group": "evaluate"})
    assert [(tab["label"], tab["count"]) for tab in response.context["list"].tabs][:2] == [("To evaluate", 1), ("All", 2)]
    assert [row.number for row in response.context["list"].rows] == [case.number]
    assert "Your turn" in response.content.decode()

    services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)

    response = cast.with_no_grant.client.get(CASES, {"group": "evaluate"})
    assert response.context["list"].tabs[0]["count"] == 0
    assert "Nothing waits for you" in response.content.decode()


def test_who_does_not_evaluate_has_nothing_to_evaluate(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(evaluates=False)
    share(case_in(cast.practice, "awaiting_approval", technician=cast.technician.user), cast.with_no_grant.collaboration)

    assert cast.with_no_grant.client.get(CASES).context["list"].tab_counts["evaluate"] == 0


def test_the_status_column_is_the_own_state(cast):
    case = case_in(cast.practice, "awaiting_approval", technician=cast.technician.user)
    for person in (cast.with_no_grant, cast.with_every_grant):
        share(case, person.collaboration)
    services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)

    def status(person) -> str:
        rows = person.client.get(CASES).context["list"].rows
        return next(str(row.collaborator_status) for row in rows if row.number == case.number)

    assert (status(cast.with_no_grant), status(cast.with_every_grant)) == ("ready", "evaluating")


def test_providers_are_offered_with_their_counts_and_one_can_be_chosen(cast):
    other = PracticeFactory(provider__person__first_name="Anselm", provider__person__last_name="Vogt")
    CollaborationFactory(provider=other.provider, person=cast.with_no_grant.user, every_case=True)
    theirs = make_case(other)
    make_case(other)

    response = cast.with_no_grant.client.get(CASES)
    assert [(one["name"], one["count"]) for one in response.context["providers"]] == [("Anselm Vogt", 2), ("Maren Østby", 1)]
    assert "All providers (2)" in response.content.decode()

    response = cast.with_no_grant.client.get(CASES, {"provider": other.provider_id})
    assert theirs.number in response.content.decode()
    assert cast.case.number not in response.content.decode()
    assert response.context["list"].tab_counts[""] == 2


def test_a_provider_who_does_not_share_cannot_be_chosen(cast):
    response = cast.with_no_grant.client.get(CASES, {"provider": cast.other_provider.user.provider.pk})

    assert response.context["list"].asked.provider is None


@pytest.mark.parametrize(("who", "offered"), [("with_every_grant", True), ("with_no_grant", False)])
def test_add_order_stands_there_only_for_who_may(cast, who, offered):
    response = cast.client_of(who).get(CASES)

    assert response.context["may_add"] is offered
    assert (reverse("orders:add", args=["collaborator"]) in response.content.decode()) is offered


def test_hidden_identity_shows_age_and_sex_and_no_name_anywhere(cast):
    Patient.objects.filter(pk=cast.case.patient_id).update(birth_on="2011-03-04", sex="female")
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)
    html = cast.with_no_grant.client.get(CASES).content.decode()
    lines = b"".join(cast.with_no_grant.client.get(EXPORT).streaming_content).decode()

    for text in (html, lines):
        assert "Dąbrowska" not in text
        assert "dabrowska" not in text
        assert "Zofia" not in text
        assert "2011-03-04" not in text
        assert "Identity hidden" in text
        assert "years, female" in text
    assert "Dąbrowska" in cast.with_every_grant.client.get(CASES).content.decode()


def test_identity_is_hidden_by_one_provider_only(cast):
    hiding = PracticeFactory()
    CollaborationFactory(provider=hiding.provider, person=cast.with_no_grant.user, every_case=True, hides_identity=True)
    make_case(hiding, first_name="Secret", last_name="Person")
    html = cast.with_no_grant.client.get(CASES).content.decode()

    assert "Zofia Dąbrowska" in html
    assert "Secret" not in html


def test_unread_comments_show_as_a_bubble_and_filter(cast):
    share(make_case(cast.practice), cast.with_no_grant.collaboration)
    CaseUnread.objects.create(person=cast.with_no_grant.user, case=cast.case, count=3)
    response = cast.with_no_grant.client.get(CASES, {"unread": "1"})

    assert [(row.number, row.unread) for row in response.context["list"].rows] == [(cast.case.number, 3)]
    assert "3 unread comments" in response.content.decode()


def test_the_export_holds_what_is_shared(cast):
    make_case(cast.practice, first_name="Other")
    text = b"".join(cast.with_no_grant.client.get(EXPORT).streaming_content).decode().removeprefix("\ufeff")
    _head, *rows = list(csv.reader(io.StringIO(text)))

    assert [row[0] for row in rows] == [cast.case.number]


def test_what_the_page_shows_stands_in_the_access_log(cast):
    cast.with_no_grant.client.get(CASES)

    access = Access.objects.get()
    assert (access.view, access.case_ids, access.workspace) == ("collaborator_cases", [cast.case.pk], "collaborator")
