"""The review page and the decisions taken on it."""

import re
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.cache import cache

from midline.cases.models import Case, Order, ReadyMark, Status
from midline.cases.services import order_move
from midline.cases.tests.factories import move
from midline.collaboration.models import Collaboration
from midline.conversation.models import ChangeRequest, Comment
from midline.people.tests.factories import PASSWORD
from midline.setups.models import Decision, Part, SetupVersion
from midline.setups.tests.factories import make_version
from midline.setups.tests.reviewing import address, decide, status_of


@pytest.mark.parametrize("who", ["owner", "with_every_grant", "with_no_grant", "technician"])
def test_whoever_sees_the_case_sees_the_published_version(cast, awaiting, who):
    person = getattr(cast, who)
    response = person.client.get(address(person.actor.workspace, awaiting))

    assert response.status_code == 200
    assert 'id="setup-plan"' in response.content.decode()
    assert "wasm-unsafe-eval" in response["Content-Security-Policy"]


def test_the_stranger_and_the_other_provider_find_nothing(cast, awaiting):
    assert cast.stranger.client.get(address("collaborator", awaiting)).status_code == 404
    assert cast.other_provider.client.get(address("provider", awaiting)).status_code == 404


def test_an_unpublished_version_is_not_there_for_provider_and_collaborators(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user, published=False)

    assert cast.owner.client.get(address("provider", version)).status_code == 404
    assert cast.with_every_grant.client.get(address("collaborator", version)).status_code == 404
    assert cast.technician.client.get(address("lab", version)).status_code == 200


def test_the_lab_sees_no_conversation_beside_the_model(cast, awaiting):
    page = cast.technician.client.get(address("lab", awaiting)).content.decode()

    assert "tab-talk" not in page


def test_the_provider_approves_with_the_password_and_the_case_moves_on(cast, awaiting):
    response = decide(cast.owner, awaiting, "approve", password=PASSWORD)

    assert response.status_code == 302
    assert status_of(awaiting) == Status.APPROVED
    decision = Decision.objects.get(kind="approved")
    assert decision.content_hash == awaiting.content_hash


@pytest.mark.parametrize("password", ["", "wrong password here"])
def test_without_the_right_password_nothing_is_approved_and_the_dialog_says_so(cast, awaiting, password):
    response = decide(cast.owner, awaiting, "approve", password=password)

    assert response.status_code == 422
    assert status_of(awaiting) == Status.AWAITING_APPROVAL
    assert "approve-error" in response.content.decode()


@pytest.mark.parametrize(("who", "answer"), [("with_every_grant", 403), ("with_no_grant", 403), ("technician", 403), ("stranger", 404)])
def test_nobody_but_the_provider_approves(cast, awaiting, who, answer):
    assert decide(getattr(cast, who), awaiting, "approve", password=PASSWORD).status_code == answer
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_approving_twice_with_one_key_decides_once(cast, awaiting):
    key = uuid4()
    for _ in range(2):
        assert decide(cast.owner, awaiting, "approve", password=PASSWORD, key=key).status_code == 302

    assert Decision.objects.filter(kind="approved").count() == 1


def test_content_that_is_not_what_was_looked_at_is_409(cast, awaiting):
    response = decide(cast.owner, awaiting, "approve", password=PASSWORD, seen_hash="0" * 64)

    assert response.status_code == 409
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_who_confirmed_by_passkey_or_code_comes_back_to_the_open_dialog_and_types_no_password(cast, awaiting):
    page = cast.owner.client.get(address("provider", awaiting)).content.decode()
    back = f"?next={quote(address('provider', awaiting) + '?decide=approve', safe='')}"
    assert back in page
    assert "data-open" not in cast.owner.client.get(address("provider", awaiting) + "?decide=approve").content.decode()

    cast.owner.client.post(f"/account/reauthenticate/{back}", {"password": PASSWORD})
    page = cast.owner.client.get(address("provider", awaiting) + "?decide=approve").content.decode()
    dialog = page[page.index('id="approve"') : page.index("</dialog>")]
    assert "data-open" in dialog
    assert "You confirmed a moment ago" in dialog
    assert 'type="password"' not in dialog
    assert decide(cast.owner, awaiting, "approve").status_code == 302


def test_a_password_that_was_wrong_too_often_is_said_in_the_dialog_and_nothing_is_approved(cast, awaiting, settings):
    settings.ACCOUNT_RATE_LIMITS = {}
    cache.clear()
    answers = [decide(cast.owner, awaiting, "approve", password="wrong password here") for _ in range(11)]

    assert {answer.status_code for answer in answers} == {422}
    assert "wrong too often" in answers[-1].content.decode()
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_the_key_of_another_decides_nothing(cast, awaiting):
    key = uuid4()
    assert decide(cast.with_no_grant, awaiting, "ready", key=key).status_code == 302
    assert decide(cast.with_every_grant, awaiting, "ready", key=key).status_code == 409
    assert decide(cast.owner, awaiting, "approve", key=key, password=PASSWORD).status_code == 409
    assert decide(cast.with_no_grant, awaiting, "propose", key=key, words="Less.").status_code == 302
    assert decide(cast.with_every_grant, awaiting, "propose", key=key, words="More.").status_code == 409

    assert (Decision.objects.count(), ChangeRequest.objects.count()) == (1, 1)
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_a_primary_tooth_has_its_place_in_the_chart_and_in_the_choice_of_teeth(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user, published=False)
    Part.objects.filter(version=version, fdi=13).update(fdi=53)
    Part.objects.filter(version=version, fdi=42).update(fdi=84)
    version.published_at, version.content_hash = version.made_at, "ab" * 32
    version.save()
    move(case, "publish", technician=cast.technician.user)
    page = cast.owner.client.get(address("provider", version)).content.decode()
    upper = re.findall(r'data-tooth="(\d+)"', page)

    assert upper[upper.index("14") : upper.index("12")] == ["14", "53"]
    assert upper[upper.index("84") - 1] in {"45", "44"}
    assert "13" not in upper
    assert '<option value="53">' in page


def test_before_approving_the_dialog_says_what_is_open(cast, awaiting):
    def dialog() -> str:
        page = cast.owner.client.get(address("provider", awaiting)).content.decode()
        return str(page[page.index('id="approve"') : page.index('id="approve-password"')])

    assert "have not said that it is ready" in dialog()
    for person in (cast.with_no_grant, cast.with_every_grant):
        decide(person, awaiting, "ready")
    assert "approve-open" not in dialog()
    decide(cast.with_no_grant, awaiting, "propose", words="Less torque on 11.")
    url = f"/collaborator/cases/{awaiting.case.number}/comments/"
    for body in ("Wait.", "Look at 21."):
        cast.with_no_grant.client.post(url, {"key": uuid4(), "body": body})
    said = dialog()

    assert "1 proposed change request is not sent" in said
    assert "You have not read 2 comments" in said
    assert awaiting.content_hash[:12] in said
    assert "Attachments" in said


def test_an_open_review_says_that_a_newer_version_is_published_and_leads_to_it(cast, awaiting):
    assert "is published." not in cast.owner.client.get(address("provider", awaiting)).content.decode()
    move(awaiting.case, "send_changes", technician=cast.technician.user)
    make_version(Case.objects.get(pk=awaiting.case_id), cast.technician.user, number=2, published=False)
    assert "is published." not in cast.owner.client.get(address("provider", awaiting)).content.decode()
    SetupVersion.objects.filter(number=2).update(published_at=awaiting.published_at, content_hash="ef" * 32)
    move(awaiting.case, "publish", technician=cast.technician.user, version=2)
    page = cast.owner.client.get(address("provider", awaiting)).content.decode()
    bar = page[page.index('id="decision"') :]

    assert "Version 2 is published." in bar
    assert f"/provider/cases/{awaiting.case.number}/setups/2/" in bar
    assert f"/provider/cases/{awaiting.case.number}/setups/2/compare/?with=1" in bar


def test_ready_taken_back_ready_again_and_pushed_back_with_a_reason(cast, awaiting):
    for act in ("ready", "ready/take-back", "ready"):
        assert decide(cast.with_no_grant, awaiting, act).status_code == 302
    assert ReadyMark.objects.count() == 1

    empty = decide(cast.owner, awaiting, "push-back", body=" ")
    assert empty.status_code == 422
    pushed = decide(cast.owner, awaiting, "push-back", body="Check 21 again.")

    assert pushed.status_code == 302
    assert not ReadyMark.objects.exists()
    assert Comment.objects.get().kind == "push_back"


def test_the_bar_offers_only_what_the_reader_may_do(cast, awaiting):
    owner = cast.owner.client.get(address("provider", awaiting)).content.decode()
    bare = cast.with_no_grant.client.get(address("collaborator", awaiting)).content.decode()
    lab = cast.technician.client.get(address("lab", awaiting)).content.decode()

    assert 'data-dialog="approve"' in owner
    assert "Ready for Approval" in bare
    assert 'data-dialog="approve"' not in bare
    assert "Decline setup" not in bare
    assert "Ready for Approval</button>" not in lab


def test_a_planners_own_version_counts_as_ready_and_asks_them_nothing(cast):
    planner = cast.with_every_grant
    order = order_move(order=cast.case.current_order, event="take", by=planner.actor)
    version = make_version(Case.objects.get(pk=cast.case.pk), planner.user)
    order_move(order=order, event="publish", by=planner.actor, version=1)
    page = planner.client.get(address("collaborator", version)).content.decode()

    assert "You planned version 1." in page
    assert 'name="ready"' not in page
    assert f"/collaborator/cases/{cast.case.number}/setups/1/ready/" not in page
    assert "You planned version 1" in planner.client.get(f"/collaborator/cases/{cast.case.number}/").content.decode()
    assert "Check version 1" in cast.with_no_grant.client.get(address("collaborator", version)).content.decode()


def test_who_need_not_evaluate_is_told_so_and_may_still_say_it_is_ready(cast, awaiting):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(evaluates=False)
    page = cast.with_no_grant.client.get(address("collaborator", awaiting)).content.decode()

    assert "You need not evaluate it; you may say that it is ready." in page
    assert "Check version 1" not in page + cast.with_no_grant.client.get(f"/collaborator/cases/{cast.case.number}/").content.decode()
    assert decide(cast.with_no_grant, awaiting, "ready").status_code == 302


def test_a_version_in_work_is_there_for_its_planner_and_not_for_the_planner_of_an_earlier_order(cast, awaiting):
    """Who planned an order of the case once may read what they plan themselves, not what the lab makes next."""
    Order.objects.filter(pk=awaiting.order_id).update(planner=cast.technician.user, planner_workspace="lab")
    theirs = {"planner": cast.with_every_grant.user, "planner_workspace": "collaborator"}
    Order.objects.create(case=cast.case, kind="retainer", status="completed", created_by=cast.owner.user, **theirs)
    make_version(Case.objects.get(pk=cast.case.pk), cast.technician.user, 2, published=False)
    page = cast.with_every_grant.client.get(f"/collaborator/cases/{cast.case.number}/setups/").content.decode()

    assert "Not published" not in page
    assert f"/collaborator/cases/{cast.case.number}/setups/2/" not in page
    assert "Not published" in cast.technician.client.get(f"/lab/cases/{cast.case.number}/setups/").content.decode()


def test_hidden_identity_names_nobody_on_the_page(cast, awaiting):
    bare = cast.with_no_grant.collaboration
    bare.hides_identity = True
    bare.save()

    page = cast.with_no_grant.client.get(address("collaborator", awaiting)).content.decode()

    assert "Dąbrowska" not in page
    assert "Patient hidden" in page


def test_the_page_costs_the_same_however_much_it_holds(cast, awaiting, django_assert_max_num_queries):
    cast.owner.client.get(address("provider", awaiting))

    with django_assert_max_num_queries(45):
        cast.owner.client.get(address("provider", awaiting))
