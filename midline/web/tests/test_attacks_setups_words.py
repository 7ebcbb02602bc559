"""Hostile values in the forms and files of setups and conversation: each is refused or kept as text, never a fault of the server."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.urls import reverse

from midline.core.ids import new_key
from midline.web.tests.below_a_case import Held, held_case

DEEP = 100_000
pytestmark = pytest.mark.slow


@pytest.fixture
def held(cast) -> Held:
    return held_case(cast)


def pin(**changes: Any) -> dict[str, Any]:
    about = {"key": str(new_key()), "body": "Look.", "version": 1, "part": "upper-01", "point": "[0,0,0]", "normal": "[0,0,1]", "stage": 0}
    return about | changes


HOSTILE_PINS = {
    "deep point": {"point": "[" * DEEP},
    "deep and closed": {"point": "[" * DEEP + "]" * DEEP},
    "endless number": {"point": f"[{'9' * 5000},0,0]"},
    "huge number": {"point": f"[{'9' * 400},0,0]"},
    "NaN": {"point": "[NaN,0,0]"},
    "Infinity": {"normal": "[0,Infinity,0]"},
    "1e308": {"point": "[1e308,0,0]"},
    "1e400": {"point": "[1e400,0,0]"},
    "true": {"point": "[true,false,true]"},
    "words": {"point": '["a","b","c"]'},
    "camera deep": {"camera": '{"a":' * DEEP + "1" + "}" * DEEP},
    "camera NUL": {"camera": '{"zoom":"\\u0000"}'},
    "camera NUL key": {"camera": '{"\\u0000":1}'},
    "camera half a sign": {"camera": '{"zoom":"\\ud800"}'},
    "camera list": {"camera": "[1,2]"},
    "camera NaN": {"camera": '{"zoom":NaN}'},
    "camera lists in lists": {"camera": '{"zoom":[[1]]}'},
    "camera long": {"camera": json.dumps({"zoom": "x" * 2000})},
    "stage": {"stage": "-1"},
    "stage 10**30": {"stage": "1" + "0" * 30},
    "version 10**30": {"version": "1" + "0" * 30},
    "tooth 10**30": {"tooth": "1" + "0" * 30},
    "part NUL": {"part": "a\x00"},
    "part script": {"part": "<script>"},
    "reply 10**30": {"reply_to": "1" + "0" * 30},
    "key none": {"key": "x"},
    "body NUL": {"body": "a\x00b"},
}


def posted(client, address: str, sent: dict[str, Any]) -> int:
    """The status of a form sent as bytes, so that what no text may hold gets through too."""
    body = "&".join(f"{key}={quote(str(value).encode('utf-8', 'surrogatepass'))}" for key, value in sent.items())
    with transaction.atomic():
        status = client.post(address, body, content_type="application/x-www-form-urlencoded").status_code
        transaction.set_rollback(True)
    return int(status)


def test_a_pin_that_is_none_is_422_and_nothing_breaks(cast, held):
    client, address = cast.owner.client, reverse("conversation:comment", args=["provider", cast.case.number])
    client.raise_request_exception = False
    good = {"camera": json.dumps({"eye": [1.5, 2, -3], "zoom": 2, "name": "mine"})}
    assert [posted(client, address, pin(**more)) for more in ({}, good)] == [302, 302]

    told = {name: posted(client, address, pin(**changes)) for name, changes in HOSTILE_PINS.items()}

    assert {name: status for name, status in told.items() if status != 422} == {}


TEXTS = ("a\x00b", "\x00", "x" * 10_000, "\u202e\u200f", "<script>alert(1)</script>", "{{ 7 * 7 }}", "=1+1", "%(name)s %s %n")


def lab_forms(held: Held, text: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every place of the lab and of the review where words are typed: name → (address, form)."""
    number, planner = held.ids["number"], "collaborator"
    at = [planner, number, held.ids["import_id"]]
    ipr = {"ipr-total": "1", "ipr-0-tooth_a": "11", "ipr-0-tooth_b": "21", "ipr-0-before_stage": "1"}
    attachment = {"attachment-total": "1", "attachment-0-tooth": "11", "attachment-0-added_stage": "1"}
    lines = {"key": str(new_key()), "item_tooth": "11", "item_movement": "other", "item_amount": "", "item_words": "In"}
    match = reverse("lab:import_match", args=at)
    plan, propose = reverse("lab:import_plan", args=at), reverse("setups:propose", args=[planner, number, 1])
    return {
        "notes": (plan, {"notes": text}),
        "wear": (plan, {"wear_schedule": text}),
        "amount": (plan, ipr | {"ipr-0-amount_mm": text}),
        "shape": (plan, attachment | {"attachment-0-shape": text}),
        "surface": (plan, attachment | {"attachment-0-shape": "x", "attachment-0-surface": text}),
        "size": (plan, attachment | {"attachment-0-shape": "x", "attachment-0-size": text}),
        "tooth": (plan, attachment | {"attachment-0-shape": "x", "attachment-0-tooth": text}),
        "removed": (plan, attachment | {"attachment-0-shape": "x", "attachment-0-removed_stage": text}),
        "movements": (plan, {"movements-csv": text, "reference_point": text}),
        "point": (plan, {"movements-csv": "tooth;stage;mesial_mm;buccal_mm;occlusal_mm;rotation_deg;tip_deg;torque_deg\n11;1;0;0;0;0;0;0",
                         "reference_point": text}),
        "total": (plan, {"ipr-total": text}),
        "act": (plan, {"act": text}),
        "csv": (plan, {"act": "csv-ipr", "ipr-numbering": text}),
        "match": (match, {"stage-0": text, "arch-0": text, "fdi-0": text, "numbering": text, "answer-0": text}),
        "match, change": (match, {"act": f"change-{text}", "changing": text}),
        "match, number": (match, {"act": "numbering-FDI", "numbering": text, "changing": "²,1"}),
        "teeth": (reverse("lab:import_teeth", args=at), {"tooth-upper-01": text}),
        "note": (reverse("lab:import_publish", args=at), {"note": text}),
        "answer": (reverse("lab:answer", args=[planner, number, held.ids["item_id"]]), {"answer": "not_possible", "words": text}),
        "answer's kind": (reverse("lab:answer", args=[planner, number, held.ids["item_id"]]), {"answer": text, "words": "No."}),
        "line": (propose, lines | {"item_words": text}),
        "line's amount": (propose, lines | {"item_movement": "mesial", "item_amount": text}),
        "line's tooth": (propose, lines | {"item_tooth": text}),
        "line's movement": (propose, lines | {"item_movement": text}),
        "line's pin": (propose, lines | {"item_pin": text}),
        "request": (propose, {"key": str(new_key()), "words": text}),
        "carried": (reverse("setups:carry", args=[planner, number, 1]), {"words": text, "from": text} | lines | {"item_words": text}),
        "hash": (reverse("setups:ready", args=[planner, number, 1]), {"key": str(new_key()), "seen_hash": text}),
        "edit": (reverse("conversation:comment_edit", args=[planner, number, held.ids["comment_id"]]), {"body": text, "remove": text}),
        "read": (reverse("conversation:read", args=[planner, number]), {"up_to": text}),
        "ticked": (reverse("setups:decline", args=[planner, number, 1]), {"key": str(new_key()), "words": "x", "ticked": text}),
    }  # fmt: skip


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_whatever_is_typed_is_kept_as_text_or_refused(cast, held, number):
    client = cast.with_every_grant.client
    client.raise_request_exception = False

    told = {name: posted(client, *form) for name, form in lab_forms(held, TEXTS[number]).items()}

    assert {name: status for name, status in told.items() if status not in {200, 302, 400, 403, 409, 422}} == {}
