"""Names, words and plans that try to become markup: on no page of a setup do they, and the pages' policy would stop them if they did."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from midline.cases.models import Case, Patient
from midline.cases.tests.addresses import ALL
from midline.conversation.models import ChangeItem, ChangeRequest, Comment, CommentEdit, CommentFile, Pin
from midline.core.ids import new_key
from midline.people.models import User
from midline.practices.models import Practice
from midline.setups.models import IPR, Attachment, SetupImport, SetupVersion
from midline.web.tests.below_a_case import held_case

EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
EVIL_40 = '"><img src=x onerror=alert(1)>'
WASM = {"setups:review", "setups:compare", "setups:approve", "setups:decline", "setups:propose", "setups:carry", "setups:ready",
        "setups:take_back", "setups:push_back"}  # fmt: skip


class Read(HTMLParser):
    """What a browser would do with a page: the scripts in it, handlers in attributes, addresses that run code, pictures of nowhere."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []
        self.blocks: list[str] = []
        self._block = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.bad += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.bad += [f"{tag} {value}" for value in given.values() if (value or "").strip().lower().startswith(("javascript:", "data:text"))]
        if tag == "img" and given.get("src") == "x":
            self.bad.append("the picture")
        if tag in {"object", "embed", "base", "iframe"}:
            self.bad.append(tag)
        self._block = tag == "script" and "src" not in given
        if self._block and given.get("type") != "application/json":
            self.bad.append("a script in the page")

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._block = False


@pytest.fixture
def evil(cast):
    """Every word that a person or a file can put beside a setup is markup."""
    held = held_case(cast)
    case = Case.objects.get(pk=cast.case.pk)
    User.objects.update(first_name=EVIL[:80], last_name=EVIL_40)
    Patient.objects.update(first_name=EVIL[:80], last_name=EVIL_40)
    Practice.objects.update(name=EVIL[:80])
    Comment.objects.update(body=EVIL)
    comment = Comment.objects.filter(case=case).earliest("id")
    CommentEdit.objects.create(comment=comment, body=EVIL)
    CommentFile.objects.update(filename=EVIL)
    Pin.objects.create(
        comment=comment, version=1, part="upper-01", tooth=13, point=[0, 0, 0], normal=[0, 0, 1], stage=1, camera={"view": EVIL}
    )
    ChangeRequest.objects.update(words=EVIL)
    ChangeItem.objects.update(words=EVIL, answer="not_possible", answer_words=EVIL)
    for version in SetupVersion.objects.all():
        Attachment.objects.bulk_create([Attachment(version=version, tooth=13, shape=EVIL_40, size=EVIL_40, added_stage=0)])
        IPR.objects.bulk_create([IPR(version=version, tooth_a=11, tooth_b=21, amount_mm="0.2", before_stage=1)])
        plan = version.plan | {"reference_point": EVIL, "movement_source": "lab", "notes": [EVIL]}
        SetupVersion.objects.filter(pk=version.pk).update(plan=plan, notes=EVIL, wear_schedule=EVIL, original_name=EVIL)
    item = SetupImport.objects.get()
    rows = [row | {"name": f"{EVIL}/{n}.stl", "reason": EVIL} for n, row in enumerate(item.report["files"])]
    SetupImport.objects.update(
        filename=EVIL, report=item.report | {"files": rows, "ignored": [EVIL], "failure": {"reason": EVIL, "file": EVIL}}
    )
    return held


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("who", "workspace"), [("owner", "provider"), ("with_every_grant", "collaborator"), ("technician", "lab")])
def test_no_page_below_a_case_runs_what_people_typed(cast, evil, who, workspace):
    client = getattr(cast, who).client
    shown: dict[str, str] = {}
    for state in ("built", "matching", "failed"):
        SetupImport.objects.update(state=state)
        for path, name in evil.paths(workspace).items():
            for headers in ({}, {"HX-Request": "true"}):
                response = client.get(path, headers=headers)
                body = b"".join(response)
                if not response.get("Content-Type", "").startswith("text/html"):
                    continue
                read = Read(body.decode())
                assert read.bad == [], (path, read.bad)
                for block in read.blocks:
                    json.loads(block)
                shown[name] = body.decode()
                _policy(name, response.status_code, response.get("Content-Security-Policy", ""))

    assert "&lt;img src=x" in shown["setups:review"]
    assert "<b>49" not in shown["setups:review"]


def _policy(name: str, status: int, said: str) -> None:
    """Scripts come from the portal's own files alone; nothing is fetched elsewhere; WebAssembly is for the pages with models."""
    found = {part.split()[0]: part.split()[1:] for part in said.split(";") if part.strip()}
    runs = ["'self'", *(["'wasm-unsafe-eval'"] if name in WASM and status == 200 else [])]
    if status == 200:
        assert sorted(found["script-src"]) == sorted(runs), (name, said)
    assert found["connect-src"] == ["'self'"], (name, said)
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & set(found["script-src"]), (name, said)
    assert found.get("object-src", found["default-src"]) == ["'none'"]
    assert found["base-uri"] in (["'none'"], ["'self'"])
    assert found["frame-ancestors"] == ["'none'"]
    worker = found.get("worker-src", found.get("child-src", found["script-src"]))
    assert set(worker) <= {"'self'"}, (name, said)


def test_webassembly_is_allowed_on_the_pages_with_models_alone(cast, evil):
    allowed = set()
    for path, name in evil.paths("provider").items():
        response = cast.owner.client.get(path)
        b"".join(response)
        if "wasm" in response.get("Content-Security-Policy", ""):
            allowed.add(name)
    for path in ("/provider/orders/", "/account/", "/provider/dashboard/"):
        assert "wasm" not in cast.owner.client.get(path).get("Content-Security-Policy", "")

    assert {"setups:review", "setups:compare"} <= allowed <= WASM, allowed


@pytest.mark.parametrize("mentioned", ["@<b>Ann</b>", f"@{EVIL_40}"])
def test_a_name_behind_an_at_sign_stays_text(cast, evil, mentioned):
    User.objects.filter(pk=cast.with_every_grant.user.pk).update(first_name=mentioned[1:], last_name="")
    client, number = cast.owner.client, cast.case.number
    client.post(reverse("conversation:comment", args=["provider", number]), {"key": str(new_key()), "body": f"{mentioned} look"})
    page = client.get(reverse("conversation:conversation", args=["provider", number])).content.decode()

    assert Read(page).bad == []
    chip = re.search(r'<bdi class="ml-mention">(.*?)</bdi>', page, re.DOTALL)
    assert chip
    assert "<" not in chip[1]


def test_every_address_of_setups_stands_in_this_attack(evil):
    known: dict[str, Any] = dict.fromkeys(evil.paths("provider").values())
    rooms = {name for name, address in ALL.items() if name.split(":")[0] in {"setups", "conversation"} and "number" in address.wants}
    assert rooms <= set(known), rooms - set(known)
