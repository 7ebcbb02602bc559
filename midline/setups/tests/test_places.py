"""Pins stand on versions, parts and stages that exist."""

import json
from uuid import uuid4

import pytest

from midline.cases.tests.factories import move
from midline.conversation.models import Comment
from midline.conversation.queries import pins_json, talk_of
from midline.setups.models import Part
from midline.setups.tests.factories import make_version

PLACE = {"part": "upper-04", "point": "[1, 2, 3]", "normal": "[0, 0, 1]", "stage": 3, "tooth": 21, "version": 1}


@pytest.fixture
def awaiting(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user, published=False)
    Part.objects.filter(version=version, key="upper-01").update(fdi=55)
    version.published_at = version.made_at
    version.content_hash = "x"
    version.save()
    move(case, "publish", technician=cast.technician.user)
    make_version(case, cast.technician.user, 2, published=False)
    return version


def pin(cast, **more):
    place = {name: value for name, value in (PLACE | more).items() if value is not None}
    return cast.owner.client.post(
        f"/provider/cases/{cast.case.number}/comments/", {"key": uuid4(), "body": "Here.", **place}, HTTP_HX_REQUEST="true"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 77},
        {"version": 2},
        {"part": "upper-99"},
        {"part": "lower-04"},
        {"stage": 400},
        {"tooth": 22},
        {"tooth": 99},
        {"point": "[1e400, 0, 0]"},
        {"point": "[" + "9" * 400 + ", 0, 0]"},
        {"point": "[true, 0, 0]"},
        {"camera": '{"zoom": ' + "9" * 400 + "}"},
        {"camera": '["x"]'},
        {"camera": json.dumps({"direction": "x" * 2000})},
    ],
    ids=lambda wrong: next(iter(wrong)) + str(next(iter(wrong.values())))[:12],
)
def test_a_pin_is_refused_where_the_version_has_no_such_place(cast, awaiting, wrong):
    response = pin(cast, **wrong)

    assert response.status_code == 422
    assert not Comment.objects.exists()


def test_a_pin_on_a_published_version_keeps_its_place_and_the_view_it_was_made_in(cast, awaiting):
    camera = {"direction": [0.2, -0.9, 0.1], "zoom": 1.5, "upper": True}
    assert pin(cast, camera=json.dumps(camera), view="").status_code == 200

    shown = pins_json(talk_of(cast.case, cast.with_no_grant.actor), 1)[0]
    assert (shown["part"], shown["stage"], shown["fdi"], shown["camera"], shown["replies"]) == ("upper-04", 3, 21, camera, 0)


def test_a_primary_tooth_takes_a_pin(cast, awaiting):
    assert pin(cast, part="upper-01", tooth=55).status_code == 200
    assert Comment.objects.get().pin.tooth == 55


def test_a_part_that_is_drawn_anew_at_a_stage_is_the_same_part(cast, awaiting):
    assert pin(cast, part="upper-04.2").status_code == 200


def test_a_comment_on_a_version_that_is_not_published_is_refused(cast, awaiting):
    assert pin(cast, part=None, version=2).status_code == 422
    assert pin(cast, part=None, version=1).status_code == 200
