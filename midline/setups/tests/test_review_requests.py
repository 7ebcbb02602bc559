"""Changes asked for on the review page: typed, kept when they cannot be taken, carried to a newer version, sent."""

import re
from html import unescape
from uuid import uuid4

import pytest

from midline.cases.models import Case, Status
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeRequest, Comment
from midline.people.tests.factories import PASSWORD
from midline.setups.models import SetupVersion
from midline.setups.tests.factories import make_version
from midline.setups.tests.reviewing import address, decide, status_of

LINES = {
    "item_movement": ["ipr", "rotate_mesial"], "item_tooth": ["21", "55"], "item_tooth_b": ["22", ""], "item_amount": ["abc", "3.5"],
    "item_stage": ["6", ""], "item_words": ["At the <visit>", "Hold it"], "item_pin": ["", ""],
}  # fmt: skip


def test_a_version_replaced_meanwhile_is_409_and_keeps_what_was_typed(cast, awaiting):
    move(awaiting.case, "send_changes", technician=cast.technician.user)
    make_version(Case.objects.get(pk=awaiting.case_id), cast.technician.user, number=2)
    move(awaiting.case, "publish", technician=cast.technician.user, version=2)

    response = decide(cast.owner, awaiting, "decline", words="Too much IPR on 42.")

    assert response.status_code == 409
    assert "Too much IPR on 42." in response.content.decode()
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_declining_sends_the_lines_and_the_ticked_proposals_to_the_lab(cast, awaiting):
    line = {"item_tooth": ["21", ""], "item_movement": ["rotate_mesial", "other"], "item_amount": ["3", ""], "item_words": ["", ""]}
    decide(cast.with_no_grant, awaiting, "propose", **line)
    proposed = ChangeRequest.objects.get()
    assert (proposed.state, status_of(awaiting)) == ("proposed", Status.AWAITING_APPROVAL)

    response = decide(cast.with_every_grant, awaiting, "decline", words="As Jonas says.", ticked=[proposed.pk])

    assert response.status_code == 302
    assert status_of(awaiting) == Status.IN_PRODUCTION
    assert set(ChangeRequest.objects.values_list("state", flat=True)) == {"sent"}


def test_without_the_grant_declining_is_forbidden(cast, awaiting):
    assert decide(cast.with_no_grant, awaiting, "decline", words="No").status_code == 403
    assert status_of(awaiting) == Status.AWAITING_APPROVAL


def test_an_amount_that_is_no_number_is_422_with_the_value(cast, awaiting):
    line = {"item_tooth": ["21"], "item_movement": ["mesial"], "item_amount": ["much"], "item_words": [""]}
    response = decide(cast.owner, awaiting, "decline", **line)

    assert response.status_code == 422
    assert "much" in response.content.decode()
    assert not ChangeRequest.objects.exists()


def test_lines_that_cannot_be_taken_come_back_as_they_were_typed(cast, awaiting):
    page = decide(cast.owner, awaiting, "decline", words="In short.", **LINES).content.decode()
    drawer = page[page.index('id="changes"') : page.index("data-rows-template")]

    assert drawer.count("data-change-line") == 2
    assert '<option value="ipr" data-unit="mm" selected>' in drawer
    assert '<option value="22" selected>' in drawer
    assert '<option value="55" selected>' in drawer
    assert 'value="abc"' in drawer
    assert "At the &lt;visit&gt;" in drawer
    assert "“abc” is no amount." in drawer
    assert "In short." in page


def test_lines_of_a_version_replaced_meanwhile_are_kept_with_a_link_to_what_is_different(cast, awaiting):
    move(awaiting.case, "send_changes", technician=cast.technician.user)
    make_version(Case.objects.get(pk=awaiting.case_id), cast.technician.user, number=2)
    move(awaiting.case, "publish", technician=cast.technician.user, version=2)

    response = decide(cast.owner, awaiting, "decline", **LINES | {"item_amount": ["0.2", "3.5"]})
    page = response.content.decode()

    assert response.status_code == 409
    assert "21–22 IPR 0.2\u2009mm before stage 6: At the &lt;visit&gt;" in page
    assert "55 Rotate mesial side in 3.5°: Hold it" in page
    assert f"/provider/cases/{awaiting.case.number}/setups/2/compare/?with=1" in page


def replaced(cast, awaiting) -> SetupVersion:
    """Version 2, published while version 1 is still looked at; it takes six stages instead of four."""
    move(awaiting.case, "send_changes", technician=cast.technician.user)
    made = make_version(Case.objects.get(pk=awaiting.case_id), cast.technician.user, number=2, stages=6)
    move(awaiting.case, "publish", technician=cast.technician.user, version=2)
    return SetupVersion.objects.get(pk=made.pk)


@pytest.mark.parametrize(("who", "act"), [("owner", "decline"), ("with_every_grant", "decline"), ("with_no_grant", "propose")])
def test_what_was_typed_against_a_replaced_version_goes_into_the_newer_ones_drawer_with_one_press(cast, awaiting, who, act):
    person = getattr(cast, who)
    newer = replaced(cast, awaiting)
    late = decide(person, awaiting, act, words="In <short>.", **LINES | {"item_amount": ["0.2", "3.5"], "item_stage": ["6", "7"]})
    page = late.content.decode()
    form = page[page.index("/setups/2/carry/") :]
    typed = [(name, unescape(value)) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)]
    carried = person.client.post(
        address(person.actor.workspace, newer, "carry"), {name: [v for k, v in typed if k == name] for name, _ in typed}
    )
    page = carried.content.decode()
    drawer = page[page.index('id="changes"') : page.index("data-rows-template")]

    assert late.status_code == 409
    assert "The upper arch takes 6 stages instead of 4." in late.content.decode()
    assert carried.status_code == 200
    assert "data-open" in drawer
    assert "You wrote this for version 1." in drawer
    assert "/setups/2/compare/?with=1" in drawer
    assert drawer.count("data-change-line") == 2
    assert drawer.count("Version 2 ends at stage 6.") == 1
    for words in (
        "In &lt;short&gt;.",
        "At the &lt;visit&gt;",
        '<option value="22" selected>',
        '<option value="55" selected>',
        'value="0.2"',
    ):
        assert words in page, words
    assert not ChangeRequest.objects.exists()
    assert status_of(newer) == Status.AWAITING_APPROVAL


def test_what_was_carried_is_sent_like_any_other_request(cast, awaiting):
    newer = replaced(cast, awaiting)
    lines = LINES | {"item_amount": ["0.2", "3.5"]}
    page = cast.owner.client.post(address("provider", newer, "carry"), lines | {"words": "In short.", "from": "1"}).content.decode()
    key = re.findall(r'name="key" value="([^"]+)"', page[page.index('id="changes"') :])[0]

    assert decide(cast.owner, newer, "decline", key=key, words="In short.", **lines).status_code == 302
    assert [item.tooth for item in ChangeRequest.objects.get().items.all()] == [21, 55]


def test_nothing_is_carried_where_nothing_was_typed_or_no_drawer_is_open(cast, awaiting):
    replaced(cast, awaiting)
    assert "/carry/" not in decide(cast.owner, awaiting, "approve", password=PASSWORD).content.decode()
    assert "/carry/" not in decide(cast.owner, awaiting, "decline", words=" ").content.decode()
    move(Case.objects.get(pk=awaiting.case_id), "approve", technician=cast.technician.user)
    late = decide(cast.owner, awaiting, "decline", words="Too late.").content.decode()

    assert "/carry/" not in late
    assert "Too late." in late


@pytest.mark.parametrize("written", ["", "2", "99999999999", "x", "-1", "\u0663"])
def test_carried_from_what_is_no_earlier_version_shows_the_lines_alone(cast, awaiting, written):
    page = cast.owner.client.post(address("provider", awaiting, "carry"), {"words": "Kept.", "from": written}).content.decode()

    assert "Kept." in page
    assert "You wrote this for version" not in page


def test_a_proposal_on_a_replaced_version_is_409_and_writes_nothing(cast, awaiting):
    replaced(cast, awaiting)

    assert decide(cast.with_no_grant, awaiting, "propose", words="Too much IPR.").status_code == 409
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize(("count", "status"), [(60, 302), (61, 422), (200, 422)])
def test_sixty_lines_are_sent_and_more_come_back_all_of_them(cast, awaiting, count, status):
    lines = {"item_movement": ["mesial"], "item_tooth": ["21"], "item_amount": ["0.2"], "item_words": ["Room <b>first</b>"]}
    response = decide(cast.owner, awaiting, "decline", **{name: values * count for name, values in lines.items()})
    page = response.content.decode()

    assert response.status_code == status
    assert page.count('value="Room &lt;b&gt;first&lt;/b&gt;"') == (0 if status == 302 else count)
    assert ("lines are too many for one change request" in page) == (status == 422)


def test_what_no_database_keeps_is_left_out_of_a_line(cast, awaiting):
    line = {"item_movement": ["other"], "item_tooth": ["21"], "item_amount": [""], "item_words": ["a\0b"]}

    assert decide(cast.owner, awaiting, "decline", **line).status_code == 302
    assert ChangeRequest.objects.get().items.get().words == "ab"


def test_a_line_names_its_contact_its_stage_and_the_pin_it_came_from(cast, awaiting):
    place = {"version": 1, "part": "upper-04", "point": "[1,2,3]", "normal": "[0,0,1]", "stage": 3, "tooth": 21}
    url = f"/provider/cases/{awaiting.case.number}/comments/"
    cast.owner.client.post(url, {"key": uuid4(), "body": "Here.", **place})
    comment = Comment.objects.get()
    decide(cast.owner, awaiting, "decline", **LINES | {"item_amount": ["0.2", "3.5"], "item_pin": ["", str(comment.pk)]})
    ipr, turn = ChangeRequest.objects.get().items.all()

    assert (ipr.tooth, ipr.tooth_b, ipr.stage, ipr.stage_words) == (21, 22, 6, "before stage 6")
    assert (turn.tooth, turn.pin) == (55, comment.pin)


def test_a_pin_of_another_case_is_not_taken_into_a_line(cast, awaiting):
    response = decide(cast.owner, awaiting, "decline", **LINES | {"item_amount": ["0.2", "3.5"], "item_pin": ["", "4711"]})

    assert response.status_code == 422
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("item_tooth_b", "", "Choose the second one."),
        ("item_tooth_b", "31", "two neighbouring teeth of one arch"),
        ("item_tooth_b", "21", "two neighbouring teeth of one arch"),
        ("item_tooth", "99", "There is no tooth 99"),
        ("item_amount", "1.2", "at most 1"),
        ("item_amount", "1e99", "is no amount"),
        ("item_stage", "nine", "is no stage"),
        ("item_stage", "501", "There is no stage 501"),
        ("item_movement", "sideways", "is no movement"),
        ("item_movement", "mesial", "Only IPR lies between two teeth"),
    ],
)
def test_a_line_that_no_lab_could_act_on_is_422_with_the_reason_beside_it(cast, awaiting, field, value, reason):
    line = {name: values[:1] for name, values in LINES.items()} | {"item_amount": ["0.2"]} | {field: [value]}
    response = decide(cast.owner, awaiting, "decline", **line)

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert not ChangeRequest.objects.exists()
