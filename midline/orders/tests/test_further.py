"""Revision and replacement: offered where the case takes them, filled in like any order, kept from who may not."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case, CaseType, Order, Status
from midline.cases.prescription import prescription_answers, step_numbers, steps_written
from midline.cases.queries import further_kinds
from midline.cases.services import order_move
from midline.cases.tests.factories import PATHS, case_in, lab_actor, make_case, move, share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core.errors import NotAllowedNow
from midline.notify.models import Delivery
from midline.orders.queries import missing
from midline.orders.services import answers_save, further_start, retainer_start
from midline.orders.tests.test_views.steps import at, save
from midline.practices.models import PreferenceSet
from midline.records.tests.factories import place_record
from midline.setups.models import SetupVersion

REVISION, REPLACEMENT = CaseType.REVISION, CaseType.REPLACEMENT
OFFERED = {
    "draft": (),
    "submitted": (),
    "in_production": (),
    "awaiting_approval": (),
    "held_awaiting": (),
    "on_hold": (),
    "cancelled": (REVISION,),
    "approved": (REPLACEMENT,),
    "held_approved": (REPLACEMENT,),
    "in_manufacturing": (REPLACEMENT,),
    "shipped": (REPLACEMENT,),
    "in_treatment": (REPLACEMENT,),
    "completed": (REVISION, REPLACEMENT),
}


def treated(cast, path: str = "completed", *, upper: int = 12, lower: int = 9) -> Case:
    """A case whose version 1 was approved, with so many steps."""
    case = case_in(cast.practice, path, technician=cast.technician.user)
    about = {"stages_upper": upper, "stages_lower": lower, "made_by": cast.technician.user, "original_size": 1}
    SetupVersion.objects.create(case=case, order=case.orders.get(), number=1, **about)
    return case


def begin(cast, kind: CaseType, path: str = "completed", **steps: int) -> Order:
    order = further_start(case=treated(cast, path, **steps), kind=kind, by=cast.owner.actor, key=uuid4())
    return Order.objects.select_related("case").get(pk=order.pk)


def address(kind: CaseType, case: Case, workspace: str = "provider") -> str:
    return reverse(f"orders:add_{kind}", args=[workspace, case.number])


def answer(order: Order, cast, **values: object) -> Order:
    answers_save(order=order, by=cast.owner.actor, values=values, before={}, step=1)
    return Order.objects.select_related("case").get(pk=order.pk)


def fields_needed(order: Order) -> list[str]:
    return [item.field for item in missing(order)]


@pytest.mark.parametrize("path", list(PATHS))
def test_a_case_takes_what_its_state_allows_and_the_page_offers_just_that(cast, path):
    case = case_in(cast.practice, path, technician=cast.technician.user)

    page = cast.owner.client.get(f"/provider/cases/{case.number}/").content.decode()

    assert further_kinds(case) == OFFERED[path]
    for kind in (REVISION, REPLACEMENT):
        assert (address(kind, case) in page) is (kind in OFFERED[path])
        status = cast.owner.client.post(address(kind, case), {"key": str(uuid4())}).status_code
        assert status == (302 if kind in OFFERED[path] else 409)
        assert case.orders.filter(kind=kind).exists() is (kind in OFFERED[path])
        case.orders.filter(kind=kind).delete()


def test_a_shipped_retainer_can_be_replaced_without_naming_steps(cast):
    events = ("submit", "start_manufacturing", "ship")
    case = move(make_case(cast.practice, kind=CaseType.RETAINER), *events, technician=cast.technician.user)
    assert further_kinds(case) == (REPLACEMENT,)

    order = further_start(case=case, kind=REPLACEMENT, by=cast.owner.actor, key=uuid4())
    page = cast.owner.client.get(at("step", order, 1)).content.decode()

    assert 'name="replaced_steps"' not in page
    assert fields_needed(order) == ["arches", "reason"]


def test_an_open_revision_bars_another_one_and_a_closed_one_does_not(cast):
    order = begin(cast, REVISION)

    with pytest.raises(NotAllowedNow):
        further_start(case=order.case, kind=REVISION, by=cast.owner.actor, key=uuid4())
    Order.objects.filter(pk=order.pk).update(status=Status.COMPLETED)
    second = further_start(case=order.case, kind=REVISION, by=cast.owner.actor, key=uuid4())

    assert (order.ordinal, second.ordinal) == (1, 2)


def test_a_second_replacement_waits_until_the_first_is_no_draft(cast):
    order = begin(cast, REPLACEMENT)

    refused = cast.owner.client.post(address(REPLACEMENT, order.case), {"key": str(uuid4())})
    Order.objects.filter(pk=order.pk).update(status=Status.SUBMITTED)
    taken = cast.owner.client.post(address(REPLACEMENT, order.case), {"key": str(uuid4())})

    assert (refused.status_code, taken.status_code) == (409, 302)
    assert "Continue it under Orders" in refused.content.decode()


def test_a_double_press_begins_one_draft(cast):
    case, key = treated(cast), str(uuid4())

    first, again = (cast.owner.client.post(address(REVISION, case), {"key": key}) for _n in range(2))

    order = case.orders.get(kind="revision")
    assert first["Location"] == again["Location"] == at("step", order, 1)


def test_the_key_of_another_cases_draft_begins_nothing_and_tells_nothing(cast):
    key, other = uuid4(), treated(cast)
    further_start(case=other, kind=REVISION, by=cast.owner.actor, key=key)
    case = treated(cast)

    answered = cast.owner.client.post(address(REVISION, case), {"key": str(key)})

    assert answered.status_code == 404
    assert not case.orders.filter(kind="revision").exists()


def test_only_the_provider_and_who_may_add_orders_begin_one(cast):
    case = treated(cast)
    for person in (cast.with_every_grant, cast.with_no_grant):
        share(case, person.collaboration)

    for kind in (REVISION, REPLACEMENT):
        mine = address(kind, case, "collaborator")
        assert cast.with_no_grant.client.post(mine).status_code == 403
        assert mine not in cast.with_no_grant.client.get(f"/collaborator/cases/{case.number}/").content.decode()
        assert cast.stranger.client.post(mine).status_code == 404
        assert cast.other_provider.client.post(address(kind, case)).status_code == 404
        assert cast.technician.client.post(address(kind, case, "lab")).status_code == 403
        assert not case.orders.filter(kind=kind).exists()
        assert mine in cast.with_every_grant.client.get(f"/collaborator/cases/{case.number}/").content.decode()
        assert cast.with_every_grant.client.post(mine).status_code == 302


def test_what_is_taken_away_on_the_case_takes_the_button_and_the_address_away(cast):
    case = treated(cast)
    share(case, cast.with_every_grant.collaboration, withholds_add_orders=True)

    page = cast.with_every_grant.client.get(f"/collaborator/cases/{case.number}/").content.decode()

    assert address(REVISION, case, "collaborator") not in page
    assert cast.with_every_grant.client.post(address(REVISION, case, "collaborator")).status_code == 403


def test_a_collaborators_revision_is_both_peoples_draft_and_the_provider_hears_of_it(cast):
    case = treated(cast)
    share(case, cast.with_every_grant.collaboration)
    cast.with_every_grant.client.post(address(REVISION, case, "collaborator"), {"key": str(uuid4())})
    order = case.orders.select_related("case").get(kind="revision")

    told = Event.objects.get(kind="order.begun", subject_id=order.pk)
    assert (told.person, told.data["order_kind"]) == (cast.with_every_grant.user, "revision")
    assert Delivery.objects.filter(person=cast.owner.user, event=told, kind="order.created").exists()
    page = cast.owner.client.get(f"/provider/cases/{case.number}/orders/").content.decode()
    assert at("step", order, 1) in page
    assert "began a revision" in cast.owner.client.get(f"/provider/cases/{case.number}/history/").content.decode()
    assert save(cast.owner.client, order, 1, "correction", "22 is still turned.", None).status_code == 200
    shown = cast.with_every_grant.client.get(at("step", order, 1, workspace="collaborator")).content.decode()
    assert "22 is still turned." in shown


@pytest.mark.parametrize(("kind", "steps"), [(REVISION, 4), (REPLACEMENT, 2)])
def test_every_step_is_shown_and_there_is_no_step_after_the_last(cast, kind, steps):
    order = begin(cast, kind)

    shown = [cast.owner.client.get(at("step", order, n)).status_code for n in range(1, steps + 2)]

    assert shown == [200] * steps + [404]
    assert f"Step 1 of {steps}" in cast.owner.client.get("/provider/orders/").content.decode()


def test_a_revision_begins_with_the_goals_and_restrictions_of_the_order_before(cast):
    case = treated(cast)
    given = {"arches": "upper", "overjet": "correct", "tooth_21": ["correct", "implant"], "tooth_11": ["correct"], "complaint": "a gap"}
    case.orders.update(prescription=given)

    order = further_start(case=case, kind=REVISION, by=cast.owner.actor, key=uuid4())

    kept = order.prescription
    assert (kept["arches"], kept["overjet"], kept["tooth_21"], kept["source"]) == ("upper", "correct", ["implant"], "records")
    assert not {"tooth_11", "complaint"} & set(kept)


def test_a_field_of_a_revision_saves_alone_and_a_clash_shows_both(cast):
    order = begin(cast, REVISION)
    saved = save(cast.owner.client, order, 1, "tooth_22", ["correct"], None)
    save(cast.owner.client, order, 1, "correction", "theirs", None)

    clash = save(cast.owner.client, order, 1, "correction", "mine", None)

    order.refresh_from_db()
    assert (saved.status_code, clash.status_code) == (200, 409)
    assert {"theirs", "mine"} <= set(re.findall(r"\w+", clash.content.decode()))
    assert (order.prescription["tooth_22"], order.prescription["correction"]) == (["correct"], "theirs")


def test_an_aligner_order_marks_no_tooth_for_correction(cast):
    order = Order.objects.select_related("case").get(case=make_case(cast.practice))

    assert save(cast.owner.client, order, 3, "tooth_22", ["correct"], None).status_code == 422


def test_a_revision_from_new_records_needs_words_and_a_scan_of_each_arch(cast):
    order = begin(cast, REVISION)
    assert fields_needed(order) == ["correction", "slot-upper_scan", "slot-lower_scan"]
    refused = cast.owner.client.post(at("submit", order), {"key": str(uuid4())})
    assert refused.status_code == 422
    assert f"{at('step', order, 1)}#id_correction" in refused.content.decode()

    order = answer(order, cast, correction="22 is still turned.", arches="upper")
    place_record(order, cast.owner.actor, "upper_scan")
    key = str(uuid4())
    sent = [cast.owner.client.post(at("submit", order), {"key": key})["Location"] for _n in range(2)]

    assert sent == [f"/provider/cases/{order.case.number}/"] * 2
    order.refresh_from_db()
    assert order.status == "submitted"


def test_a_revision_from_a_step_takes_the_steps_of_the_approved_setup_alone(cast):
    order = begin(cast, REVISION, upper=12, lower=9)
    assert save(cast.owner.client, order, 2, "source", "step", "records").status_code == 200
    assert save(cast.owner.client, order, 2, "source", "scan", "step").status_code == 422
    for wrong in ("13", "-1", "x"):
        assert save(cast.owner.client, order, 2, "source_step", wrong, None).status_code == 422
    order = answer(order, cast, correction="22")
    assert fields_needed(order) == ["source_step"]

    assert save(cast.owner.client, order, 2, "source_step", "12", None).status_code == 200

    order.refresh_from_db()
    assert fields_needed(order) == []
    words = {line.name: line.words for line in prescription_answers(order.prescription)}
    assert (words["source_step"], words["source"]) == ("12 of version 1", "A step of the approved setup")


def test_without_an_approved_setup_a_revision_is_from_new_records(cast):
    case = case_in(cast.practice, "cancelled", technician=cast.technician.user)
    order = further_start(case=case, kind=REVISION, by=cast.owner.actor, key=uuid4())

    page = cast.owner.client.get(at("step", order, 2)).content.decode()

    assert 'name="source"' not in page
    assert "panoramic" in page
    assert save(cast.owner.client, order, 2, "source", "step", "records").status_code == 404


def test_a_replacement_says_what_is_needed_for_each_arch(cast):
    order = begin(cast, REPLACEMENT, upper=12, lower=9)
    assert fields_needed(order) == ["arches", "replaced_steps", "reason"]

    order = answer(order, cast, arches="both", replaced_steps="8, 10", reason="other")
    assert [(item.field, item.text) for item in missing(order)] == [
        ("replaced_steps", "end with 9 in the lower arch."),
        ("reason_words", "is empty. Say it in a sentence."),
    ]
    order = answer(order, cast, arches="upper", reason="lost")
    assert missing(order) == []


@pytest.mark.parametrize(
    "text", ["0", "13", "1-13", "3-1", "x", "-", "1--2", "١", "99999999999", "1e1", "<b>1</b>", "'; --", "1," * 50, "1.5"]
)
def test_a_step_that_is_none_is_refused_and_not_saved(cast, text):
    order = begin(cast, REPLACEMENT, upper=12)

    assert save(cast.owner.client, order, 1, "replaced_steps", text, None).status_code == 422
    order.refresh_from_db()
    assert "replaced_steps" not in order.prescription


def test_more_than_20_steps_are_too_many(cast):
    order = begin(cast, REPLACEMENT, upper=40)

    assert save(cast.owner.client, order, 1, "replaced_steps", "1-20", None).status_code == 200
    assert "at most 20" in save(cast.owner.client, order, 1, "replaced_steps", "1-21", "1–20").content.decode()


@pytest.mark.parametrize(
    ("text", "numbers", "written"),
    [("7", [7], "7"), (" 9-11, 7 ", [7, 9, 10, 11], "7, 9–11"), ("3;2 1", [1, 2, 3], "1–3"), ("2 – 3", [2, 3], "2–3"), ("", [], "")],
)
def test_steps_are_read_as_people_write_them(text, numbers, written):
    assert step_numbers(text) == numbers
    assert steps_written(numbers) == written
    assert step_numbers(written) == numbers


def test_a_replacement_is_submitted_made_and_completed_without_a_setup(cast):
    order = begin(cast, REPLACEMENT, "in_treatment")
    order = answer(order, cast, arches="upper", replaced_steps="7", reason="broken", reason_words="Bitten through.")
    cast.owner.client.post(at("submit", order), {"key": str(uuid4())})
    order = Order.objects.select_related("case").get(pk=order.pk)

    lab = lab_actor(cast.technician.user)
    assert "Replacement 1" in cast.technician.client.get("/lab/queue/", {"tab": "manufacturing"}).content.decode()
    shown = cast.technician.client.get(f"/lab/cases/{order.case.number}/prescription/").content.decode()
    for words in ("7 of version 1", "Broken", "Bitten through.", "Upper only"):
        assert words in shown, words
    for event, by in (("start_manufacturing", lab), ("ship", lab), ("complete", cast.owner.actor)):
        order_move(order=order, event=event, by=by)
    order.refresh_from_db()
    assert (order.status, order.prescription["quantity"]) == ("completed", 1)


def test_the_list_shows_and_filters_revision_and_replacement(cast):
    revision, replacement = begin(cast, REVISION), begin(cast, REPLACEMENT, "in_treatment")

    for order, words in ((revision, "Revision 1"), (replacement, "Replacement 1")):
        page = cast.owner.client.get("/provider/orders/", {"type": order.kind})
        assert [row.number for row in page.context["list"].rows] == [order.case.number]
        assert words in page.content.decode()


def test_hidden_identity_holds_on_every_step(cast):
    revision, replacement = begin(cast, REVISION), begin(cast, REPLACEMENT, "in_treatment")
    hidden = CollaborationFactory(provider=cast.practice.provider, add_orders=True, hides_identity=True)
    cast.stranger.client.force_login(hidden.person)

    for order, steps in ((revision, 4), (replacement, 2)):
        share(order.case, hidden)
        for n in range(1, steps + 1):
            page = cast.stranger.client.get(at("step", order, n, workspace="collaborator"))
            assert page.status_code == 200
            assert "Zofia" not in page.content.decode()
            assert "Dąbrowska" not in page.content.decode()


def test_a_discarded_revision_leaves_the_case_as_it_was(cast):
    order = begin(cast, REVISION)
    assert Case.objects.get(pk=order.case_id).status == "draft"

    cast.owner.client.post(at("discard", order))

    case = Case.objects.get(pk=order.case_id)
    assert (case.status, case.case_type, case.orders.count()) == ("completed", "aligner", 1)
    assert further_kinds(case) == (REVISION, REPLACEMENT)


def test_a_retainer_too_takes_the_steps_of_the_approved_setup_alone(cast):
    order = retainer_start(case=treated(cast, upper=12), by=cast.owner.actor, key=uuid4())

    assert save(cast.owner.client, order, 2, "source_step", "13", None).status_code == 422
    assert save(cast.owner.client, order, 2, "source_step", "12", None).status_code == 200


def test_a_draft_names_the_steps_of_the_version_that_was_approved_when_it_was_begun(cast):
    order = begin(cast, REPLACEMENT, "in_treatment", upper=12)
    about = {"stages_upper": 40, "made_by": cast.technician.user, "original_size": 1}
    SetupVersion.objects.create(case=order.case, order=order, number=2, **about)
    Case.objects.filter(pk=order.case_id).update(approved_version=2)

    assert save(cast.owner.client, order, 1, "replaced_steps", "13", None).status_code == 422


def test_a_replacement_in_manufacturing_says_nothing_of_a_version_that_is_made(cast):
    order = answer(begin(cast, REPLACEMENT, "in_treatment"), cast, arches="upper", replaced_steps="7", reason="lost")
    cast.owner.client.post(at("submit", order), {"key": str(uuid4())})
    order_move(order=order, event="start_manufacturing", by=lab_actor(cast.technician.user))

    page = cast.owner.client.get(f"/provider/cases/{order.case.number}/").content.decode()

    assert "No setup is needed for this order." in page
    assert "is the one that is made" not in page


def test_preference_sets_fill_no_further_order(cast):
    order = begin(cast, REPLACEMENT)
    usual = PreferenceSet.objects.create(provider=cast.practice.provider, name="Usual", data={"ipr": "none"})

    assert cast.owner.client.post(at("prefer", order), {"set": usual.pk}).status_code == 404
    order.refresh_from_db()
    assert "ipr" not in order.prescription


def test_words_are_shown_as_they_were_written(cast):
    order = answer(begin(cast, REVISION), cast, correction="<script>alert(1)</script>")

    for n in (1, 4):
        assert "<script>alert(1)" not in cast.owner.client.get(at("step", order, n)).content.decode()
