"""The lab's pages, walked with real sessions."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.models import Case, CaseType, Order, Status
from midline.cases.tests.factories import make_case, move
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.conversation.services import Wanted, requests_send
from midline.core import clock
from midline.core.ids import new_key
from midline.jobs import services as jobs
from midline.lab.queries import age_of
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.tests.factories import make_import, make_version
from midline.setups.tests.zips import staged_zip

State = SetupImport.State


@pytest.fixture
def lab(cast):
    return cast.technician.client


@pytest.fixture
def order(cast) -> Order:
    """The cast's order, taken by the technician."""
    order = move(cast.case, "take", technician=cast.technician.user).current_order
    assert order
    return order


def url(name: str, case: Case, *args: object, workspace: str = "lab") -> str:
    return reverse(f"lab:{name}", args=[workspace, case.number, *args])


def text(response) -> str:
    return str(response.content.decode())


def sent_back(cast, order) -> Case:
    """Version 1 published and declined with two lines."""
    version = make_version(cast.case, cast.technician.user)
    case = move(cast.case, "publish", technician=cast.technician.user, version=version.number)
    wanted = [Wanted(tooth=21, movement="rotate_mesial", amount=Decimal(2)), Wanted(tooth=13, movement="attachment", words="smaller")]
    requests_send(
        case=case, version=1, by=cast.owner.actor, wanted=wanted, words="The rotation matters most.", ticked=frozenset(), key=new_key()
    )
    return Case.objects.get(pk=case.pk)


# --- the queue ------------------------------------------------------------------------------------------------------


def test_the_queue_shows_case_numbers_and_no_patient(cast, lab):
    page = text(lab.get(reverse("lab:queue")))

    assert cast.case.number in page
    assert "Dąbrowska" not in page
    assert "Zofia" not in page
    assert "Maren Østby" in page
    assert Access.objects.filter(view="lab:queue", case_ids=[cast.case.pk]).exists()


def test_a_draft_is_not_in_the_queue(cast, lab):
    draft = make_case(cast.practice, first_name="Draft")

    assert str(draft.number) not in text(lab.get(reverse("lab:queue")))


def test_the_queue_costs_the_same_number_of_queries_for_one_order_and_for_ten(cast, lab, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        lab.get(reverse("lab:queue"))
    for n in range(9):
        move(make_case(cast.practice, first_name=f"P{n}"), "submit", technician=cast.technician.user)
    with django_assert_max_num_queries(len(one)):
        lab.get(reverse("lab:queue"))


@pytest.mark.parametrize("name", ["owner", "with_every_grant", "with_no_grant", "stranger"])
def test_the_queue_is_not_there_for_others(cast, name):
    assert cast.client_of(name).get(reverse("lab:queue")).status_code == 404
    assert cast.client_of(name).post(reverse("lab:take_next")).status_code == 404


def test_an_order_is_taken_at_its_row_and_handed_over_again(cast, lab):
    order = cast.case.current_order
    assert lab.post(url("take", cast.case, order.pk), {"next": "/lab/queue/"}).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.planner) == (Status.IN_PRODUCTION, cast.technician.user)
    assert "Yours" in text(lab.get(reverse("lab:queue")))

    lab.post(url("hand_over", cast.case, order.pk))
    order.refresh_from_db()
    assert (order.status, order.planner) == (Status.SUBMITTED, None)


def test_taking_what_somebody_else_took_meanwhile_is_told_as_a_conflict(cast, lab, order):
    answer = lab.post(url("take", cast.case, order.pk))

    assert answer.status_code == 409


def test_take_the_next_takes_rush_before_age(cast, lab):
    rush = move(make_case(cast.practice, first_name="Rush"), "submit", technician=cast.technician.user)
    Order.objects.filter(case=rush).update(rush=True)

    lab.post(reverse("lab:take_next"))

    assert Case.objects.get(pk=rush.pk).status == Status.IN_PRODUCTION
    assert Case.objects.get(pk=cast.case.pk).status == Status.SUBMITTED


@pytest.mark.parametrize(
    ("days", "tone", "due"), [(1, "lab", "4 days left"), (3.5, "lab", "2 days left"), (4, "act", "Due today"), (6, "stop", "1 day late")]
)
def test_the_age_turns_amber_at_80_percent_of_the_promise_and_red_when_late(days, tone, due):
    now = clock.now()
    age = age_of(now - timedelta(days=days, minutes=1), now, Status.SUBMITTED)

    assert (age.tone, age.due) == (tone, due)


def test_the_search_finds_by_number_and_provider_only(cast, lab):
    address = reverse("lab:queue")

    assert cast.case.number in text(lab.get(address, {"q": cast.case.number[-4:]}))
    assert cast.case.number in text(lab.get(address, {"q": "ostby"}))
    assert f">{cast.case.number}<" not in text(lab.get(address, {"q": "dabrowska"}))


# --- records, manufacturing, shipping -------------------------------------------------------------------------------


def test_records_are_asked_for_with_reasons(cast, lab, order):
    address = url("ask_records", cast.case, order.pk)
    assert "Upper scan" in text(lab.get(address))

    bad = lab.post(address, {"kind-upper_scan": "unusable"})
    assert bad.status_code == 422
    assert "Say why" in text(bad)

    lab.post(address, {"kind-upper_scan": "unusable", "reason-upper_scan": "It ends at 16."})
    case = Case.objects.get(pk=cast.case.pk)
    assert case.status == Status.RECORDS_NEEDED
    assert order.needs.get().reason == "It ends at 16."
    assert "Records needed" in text(lab.get(reverse("lab:queue") + "?tab=records"))


def test_asking_for_nothing_is_refused(cast, lab, order):
    assert lab.post(url("ask_records", cast.case, order.pk), {}).status_code == 422
    assert Case.objects.get(pk=cast.case.pk).status == Status.IN_PRODUCTION


def test_an_approved_order_is_made_and_shipped_with_its_tracking_number(cast, lab):
    case = move(cast.case, "take", "publish", "approve", technician=cast.technician.user)
    order = case.current_order
    assert order
    lab.post(url("start", case, order.pk))
    assert "In manufacturing" in text(lab.get(reverse("lab:queue") + "?tab=manufacturing"))
    assert lab.post(url("ship", case, order.pk), {"carrier": "Post"}).status_code == 422

    lab.post(url("ship", case, order.pk), {"carrier": "Post", "tracking": "CF 123 NO"})

    order.refresh_from_db()
    assert (order.status, order.tracking, order.carrier) == (Status.SHIPPED, "CF 123 NO", "Post")


def test_a_retainer_is_made_without_a_setup(cast, lab):
    case = move(make_case(cast.practice, kind=CaseType.RETAINER, first_name="R"), "submit", technician=cast.technician.user)

    page = text(lab.get(reverse("lab:queue") + "?tab=manufacturing"))

    assert str(case.number) in page
    assert "Retainer" in page


# --- change requests ------------------------------------------------------------------------------------------------


def test_change_requests_are_a_work_list_with_answers(cast, lab, order):
    case = sent_back(cast, order)
    page = text(lab.get(reverse("lab:queue") + f"?changes={case.number}"))
    assert "0 of 2 answered" in page
    assert "The rotation matters most." in page
    first, second = ChangeItem.objects.order_by("position")

    lab.post(url("answer", case, first.pk), {"answer": "done"})
    bad = lab.post(url("answer", case, second.pk), {"answer": "not_possible"})
    assert bad.status_code == 422
    assert "Say why" in text(bad)
    lab.post(url("answer", case, second.pk), {"answer": "not_possible", "words": "It would touch the antagonist."})

    assert "2 of 2 answered" in text(lab.get(url("changes", case)))
    second.refresh_from_db()
    assert second.answer_words == "It would touch the antagonist."


def test_a_proposed_request_never_reaches_the_lab(cast, lab, order):
    case = sent_back(cast, order)
    ChangeRequest.objects.create(
        case=case, version=1, author=cast.with_no_grant.user, workspace="collaborator", words="Only between us.", key=new_key()
    )

    assert "Only between us." not in text(lab.get(url("changes", case)))


# --- imports --------------------------------------------------------------------------------------------------------


def upload(client, case, order, source=None, workspace="lab", **more):
    source = source or staged_zip()
    source.name = "Testdatter.zip"
    return client.post(url("import_add", case, order.pk, workspace=workspace), {"file": source, **more})


def test_a_zip_is_uploaded_read_matched_and_built_on_the_pages(cast, lab, order):
    assert "A ZIP that always works" in text(lab.get(url("import_add", cast.case, order.pk)))
    answer = upload(lab, cast.case, order)
    item = SetupImport.objects.get()
    assert answer.url == url("import", cast.case, item.pk)
    page = text(lab.get(answer.url))
    assert "every 1s" in page
    assert text(lab.get(url("import_progress", cast.case, item.pk))).count("<li") == 4

    jobs.run_all()
    assert lab.get(url("import_progress", cast.case, item.pk)).headers["HX-Refresh"] == "true"
    page = text(lab.get(answer.url))
    assert "case_upper_00.stl" in page
    assert reverse("setups:import_thumb", args=["lab", cast.case.number, item.pk, 0]) in page
    assert lab.get(reverse("setups:import_thumb", args=["lab", cast.case.number, item.pk, 0])).headers["Content-Type"] == "image/webp"

    fields = {f"arch-{n}": row["arch"] for n, row in enumerate(item.__class__.objects.get().report["files"])}
    fields |= {f"stage-{n}": str(row["stage"]) for n, row in enumerate(SetupImport.objects.get().report["files"])}
    assert lab.post(url("import_match", cast.case, item.pk), fields).status_code == 302
    assert SetupImport.objects.get().state == State.BUILDING


def test_what_is_no_zip_is_refused_with_its_name(cast, lab, order):
    answer = upload(lab, cast.case, order, io.BytesIO(b"<html>"))

    assert answer.status_code == 422
    assert "“Testdatter.zip” is not a ZIP" in text(answer)


def test_a_resumable_upload_leads_to_its_import_and_an_unfinished_one_is_named(cast, lab, order):
    from midline.records.models import Upload

    current = url("import_current", cast.case, order.pk)
    assert lab.get(current).url == url("import_add", cast.case, order.pk)
    about = {"person": cast.technician.user, "workspace": "lab", "case": cast.case, "order": order, "purpose": "setup"}
    Upload.objects.create(filename="half.zip", size=9_000_000, offset=4_000_000, **about)
    page = text(lab.get(url("import_add", cast.case, order.pk)))
    assert "half.zip" in page
    assert 'data-purpose="setup"' in page

    item = make_import(order, cast.technician.user, state=State.READING)
    assert lab.get(current).url == url("import", cast.case, item.pk)


def test_a_doubtful_file_waits_for_an_answer_and_what_was_typed_stays(cast, lab, order):
    item = make_import(order, cast.technician.user, state=State.MATCHING)
    page = text(lab.get(url("import", cast.case, item.pk)))
    assert "1 file to confirm" in page
    assert "No stage in the name." in page
    assert "Export this file again." in page
    fields = {f"arch-{n}": row["arch"] or "" for n, row in enumerate(item.report["files"])}
    fields |= {f"stage-{n}": str(row["stage"]) for n, row in enumerate(item.report["files"])}

    bad = lab.post(url("import_match", cast.case, item.pk), fields | {"stage-3": "x7"})
    assert bad.status_code == 422
    assert "waits for an answer" in text(bad)
    assert 'value="x7"' in text(bad)
    bad = lab.post(url("import_match", cast.case, item.pk), fields | {"stage-3": "2", "answer-3": "take"})
    assert bad.status_code == 422
    assert "is given to" in text(bad)

    assert lab.post(url("import_match", cast.case, item.pk), fields | {"answer-3": "take"}).status_code == 302
    item.refresh_from_db()
    assert (item.state, len(item.mapping)) == (State.BUILDING, 10)


def test_a_file_left_out_that_leaves_a_gap_is_told(cast, lab, order):
    item = make_import(order, cast.technician.user, state=State.MATCHING)
    bad = lab.post(url("import_match", cast.case, item.pk), {"answer-3": "leave"})

    assert bad.status_code == 422
    assert "Upper stage 3 is missing" in text(bad)


def test_a_failed_import_says_file_reason_and_remedy_and_offers_a_retry(cast, lab, order):
    item = make_import(order, cast.technician.user, state=State.FAILED)
    item.report = {"failure": {"step": "read", "file": "setup.zip", "reason": "The ZIP is torn.", "remedy": "Export it again."}}
    item.save()
    page = text(lab.get(url("import", cast.case, item.pk)))
    for words in (
        "Import failed",
        "setup.zip",
        "The ZIP is torn.",
        "Export it again.",
        "Retry",
        "Choose another ZIP",
        "Nothing was published",
    ):
        assert words in page

    lab.post(url("import_retry", cast.case, item.pk))

    item.refresh_from_db()
    assert item.state == State.READING


def test_numbers_are_confirmed_the_plan_is_written_and_the_version_published(cast, lab, order):
    item = make_import(order, cast.technician.user)
    version = item.version
    assert version
    version.plan["teeth_confirmed"] = False
    version.save()
    address = url("import", cast.case, item.pk)
    page = text(lab.get(address))
    assert "Models shown within 4.4 µm" in page
    assert "confirm the tooth numbers, then publish" in page

    numbers = {f"tooth-{part.key}": part.fdi for part in version.parts.filter(kind="tooth")}
    bad = lab.post(url("import_teeth", cast.case, item.pk), numbers | {"tooth-upper-01": 12})
    assert bad.status_code == 422
    assert "given twice" in text(bad)
    assert lab.post(url("import_teeth", cast.case, item.pk), numbers).status_code == 302

    more = lab.post(url("import_plan", cast.case, item.pk), {"act": "add-ipr", "ipr-total": "0", "attachment-total": "0", "notes": "typed"})
    assert 'name="ipr-0-amount_mm"' in text(more)
    assert "typed" in text(more)
    rows = {"ipr-total": "1", "ipr-0-tooth_a": "11", "ipr-0-tooth_b": "21", "ipr-0-amount_mm": "0,2", "ipr-0-before_stage": "3"}
    rows |= {"attachment-total": "1", "attachment-0-tooth": "13", "attachment-0-shape": "Ellipsoid", "attachment-0-added_stage": "x"}
    bad = lab.post(url("import_plan", cast.case, item.pk), rows)
    assert bad.status_code == 422
    assert "“x” is no whole number" in text(bad)
    assert (
        lab.post(url("import_plan", cast.case, item.pk), rows | {"attachment-0-added_stage": "1", "notes": "Check 21."}).status_code == 302
    )
    version.refresh_from_db()
    assert (str(version.iprs.get().amount_mm), version.attachments.get().shape, version.notes) == ("0.20", "Ellipsoid", "Check 21.")

    assert "cannot" not in text(lab.get(url("import_publish", cast.case, item.pk)))
    assert lab.post(url("import_publish", cast.case, item.pk), {"note": "Both arches."}).status_code == 302
    assert Case.objects.get(pk=cast.case.pk).status == Status.AWAITING_APPROVAL
    assert "Published" in text(lab.get(address))


def test_publishing_before_the_numbers_are_confirmed_is_a_conflict(cast, lab, order):
    item = make_import(order, cast.technician.user)
    assert item.version
    item.version.plan["teeth_confirmed"] = False
    item.version.save()

    assert lab.post(url("import_publish", cast.case, item.pk)).status_code == 409


def test_an_import_is_discarded_after_asking(cast, lab, order):
    item = make_import(order, cast.technician.user)
    assert "Discard version 1" in text(lab.get(url("import_discard", cast.case, item.pk)))

    lab.post(url("import_discard", cast.case, item.pk))

    item.refresh_from_db()
    assert item.state == State.DISCARDED
    assert not SetupVersion.objects.exists()


@pytest.mark.parametrize(
    ("name", "workspace"), [("owner", "provider"), ("with_every_grant", "collaborator"), ("with_no_grant", "collaborator")]
)
def test_an_import_does_not_exist_for_those_who_do_not_plan_it(cast, order, name, workspace):
    item = make_import(order, cast.technician.user)
    client = cast.client_of(name)
    for step in ("import", "import_progress", "import_discard", "import_publish"):
        assert client.get(url(step, cast.case, item.pk, workspace=workspace)).status_code == 404
    for step in ("import_match", "import_teeth", "import_plan", "import_retry", "import_discard", "import_publish"):
        assert client.post(url(step, cast.case, item.pk, workspace=workspace)).status_code == 404


def test_another_technician_reads_the_import_and_changes_nothing(cast, order):
    from django.test import Client

    from midline.people.tests.factories import UserFactory

    item = make_import(order, cast.technician.user)
    client = Client()
    client.force_login(UserFactory(is_technician=True))
    page = text(client.get(url("import", cast.case, item.pk)))
    assert "has this order" in page
    assert "Publish version" not in page.split("ml-bar")[-1].split("<p")[0]

    assert client.post(url("import_publish", cast.case, item.pk)).status_code == 409
    assert client.post(url("import_discard", cast.case, item.pk)).status_code == 409


def test_a_planning_service_takes_uploads_and_publishes_in_its_own_workspace(cast):
    service = cast.with_every_grant.client
    order = cast.case.current_order
    assert service.post(url("take", cast.case, order.pk, workspace="collaborator")).status_code == 302
    assert service.get(url("import_add", cast.case, order.pk, workspace="collaborator")).status_code == 200
    item = make_import(Order.objects.get(pk=order.pk), cast.with_every_grant.user)
    page = service.get(url("import", cast.case, item.pk, workspace="collaborator"))
    assert "only you and the lab see it" in text(page)

    service.post(url("import_publish", cast.case, item.pk, workspace="collaborator"))

    assert Case.objects.get(pk=cast.case.pk).status == Status.AWAITING_APPROVAL


@pytest.mark.parametrize("name", ["owner", "with_no_grant"])
def test_who_sees_the_case_but_may_not_take_gets_403(cast, name):
    workspace = "provider" if name == "owner" else "collaborator"
    answer = cast.client_of(name).post(url("take", cast.case, cast.case.current_order_id, workspace=workspace))

    assert answer.status_code == 403


def test_a_stranger_gets_404_from_every_address_of_the_lab(cast, order):
    item = make_import(order, cast.technician.user)
    for workspace in ("collaborator", "provider", "lab"):
        for step in ("take", "hand_over", "start", "ship", "ask_records", "import_add"):
            assert cast.stranger.client.post(url(step, cast.case, order.pk, workspace=workspace)).status_code == 404
        assert cast.stranger.client.get(url("import", cast.case, item.pk, workspace=workspace)).status_code == 404
        assert cast.stranger.client.get(url("changes", cast.case, workspace=workspace)).status_code == 404
