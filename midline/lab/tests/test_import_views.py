"""An import on the pages, from upload to publication, and who sees it."""

import io

import pytest
from django.urls import reverse

from midline.cases.models import Case, Order, Status
from midline.jobs import services as jobs
from midline.lab.tests.pages import text, url
from midline.setups.models import Attachment, SetupImport, SetupVersion
from midline.setups.tests.factories import make_import
from midline.setups.tests.zips import staged_zip

State = SetupImport.State


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


def test_models_that_were_meshed_anew_say_what_their_error_holds_for(cast, lab, order):
    item = make_import(order, cast.technician.user)
    address = url("import", cast.case, item.pk)
    assert "99 of 100 points" not in text(lab.get(address))

    SetupVersion.objects.filter(pk=item.version_id or 0).update(
        error_um={"teeth_max": 11.9, "gingiva_max": 31.0, "gingiva_followed_p99": 31.0}
    )

    assert "this holds for 99 of 100 points on them." in text(lab.get(address))
    assert "31.0 µm" in text(lab.get(address))


def test_publishing_before_the_numbers_are_confirmed_is_a_conflict(cast, lab, order):
    item = make_import(order, cast.technician.user)
    assert item.version
    item.version.plan["teeth_confirmed"] = False
    item.version.save()

    assert lab.post(url("import_publish", cast.case, item.pk)).status_code == 409


def test_a_plan_that_corrected_numbers_have_left_behind_says_so_at_its_field(cast, lab, order):
    item = make_import(order, cast.technician.user)
    version = item.version
    assert version
    Attachment.objects.create(version=version, tooth=13, shape="Ellipsoid", added_stage=1)
    address = url("import", cast.case, item.pk)
    assert "does not fit the tooth numbers" not in text(lab.get(address))

    version.parts.filter(fdi=13).update(fdi=14)

    page = text(lab.get(address))
    assert "1 field does not fit the tooth numbers" in page
    assert 'href="#attachment-0-tooth"' in page
    late = lab.post(url("import_publish", cast.case, item.pk))
    assert late.status_code == 409
    assert "Tooth 13 is not in this setup." in text(late)


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
