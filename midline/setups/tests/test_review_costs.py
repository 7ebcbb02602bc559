"""What the review page asks of the database: as much for a case with a long story as for one that has just begun."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeItem, ChangeRequest, Comment, CommentEdit, CommentFile, Pin
from midline.core import clock
from midline.core.ids import new_key
from midline.setups.models import IPR, Attachment, Decision, Extraction, Pontic, SetupVersion
from midline.setups.tests.factories import make_version

VERSIONS, STAGES, COMMENTS, REQUESTS = 20, 60, 200, 40
BRANCHES, MOST = 3, 60
"""Questions that only some rows bring up, each asked once (who answered, who approved); what no page may ask more of."""

SAID = "@Priya Raghunathan, look at 21. " * 4


def queries(client, path: str, **headers: str) -> int:
    client.get(path, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path, headers=headers)
        b"".join(response)
    assert response.status_code == 200
    return len(captured)


def small(cast) -> Case:
    """Two versions, one comment with a pin, a reply and a file, one request of one line: one of everything that can be many."""
    case = move(cast.case, "take", technician=cast.technician.user)
    for number in (1, 2):
        version = make_version(case, cast.technician.user, number)
        _plan(version, 1)
    case = move(case, "publish", technician=cast.technician.user, version=2)
    _talk(cast, case, 1, 1)
    return Case.objects.get(pk=case.pk)


def grow(cast, case: Case) -> None:
    SetupVersion.objects.filter(case=case, number=2).update(number=VERSIONS)
    for number in range(2, VERSIONS):
        version = make_version(case, cast.technician.user, number, stages=STAGES if number == VERSIONS - 1 else 2)
        _plan(version, 30)
    SetupVersion.objects.filter(case=case, number=VERSIONS).update(stages_upper=STAGES, stages_lower=STAGES)
    Case.objects.filter(pk=case.pk).update(newest_version=VERSIONS, awaiting_version=VERSIONS)
    _talk(cast, Case.objects.get(pk=case.pk), COMMENTS, REQUESTS)


def _plan(version: SetupVersion, count: int) -> None:
    IPR.objects.bulk_create(IPR(version=version, tooth_a=11, tooth_b=21, amount_mm="0.10", before_stage=n + 1) for n in range(count))
    Attachment.objects.bulk_create(Attachment(version=version, tooth=13, shape=f"Kind {n}", added_stage=0) for n in range(count))
    teeth = [14, 15, 16, 17, 24, 25, 26, 27, 34, 35, 36, 37][:count]
    Extraction.objects.bulk_create(Extraction(version=version, tooth=tooth, before_stage=1) for tooth in teeth)
    Pontic.objects.bulk_create(Pontic(version=version, tooth=tooth) for tooth in teeth)


def _talk(cast, case: Case, comments: int, requests: int) -> None:
    people, newest = [cast.owner, cast.with_every_grant, cast.with_no_grant], case.newest_version
    for n in range(comments):
        by = people[n % 3]
        about = {"case": case, "author": by.user, "workspace": by.actor.workspace, "body": SAID, "at": clock.now() - timedelta(hours=n)}
        comment = Comment.objects.create(key=new_key(), version=newest, **about)
        reply = Comment.objects.create(key=new_key(), reply_to=comment, **about)
        Pin.objects.create(comment=comment, version=newest, part="upper-01", tooth=13, point=[0, 0, 0], normal=[0, 0, 1], stage=1)
        CommentFile.objects.create(comment=comment, filename="a.pdf", content_type="application/pdf", size=9, key="k", sha256="s")
        CommentEdit.objects.create(comment=reply, body="Before.")
    for n in range(requests):
        by = people[n % 3]
        sent = {"state": "sent", "sent_at": clock.now(), "sent_by": cast.owner.user} if n % 2 else {}
        about = {"author": by.user, "workspace": by.actor.workspace, "version": newest if n % 3 else max(newest - 1, 1)}
        request = ChangeRequest.objects.create(case=case, key=new_key(), **about, **sent)
        answer = {"answer": "done", "answered_by": cast.technician.user, "answered_at": clock.now()} if n % 2 else {}
        lines = [ChangeItem(request=request, tooth=13, movement="mesial", amount="0.30", words="In", **answer) for _ in range(3)]
        ChangeItem.objects.bulk_create(lines)
    for version in SetupVersion.objects.filter(case=case).exclude(number=newest):
        Decision.objects.create(version=version, kind="declined", by=cast.owner.user, workspace="provider", content_hash="h", key=new_key())


@pytest.mark.slow
@pytest.mark.once
def test_nothing_on_the_review_page_is_asked_once_a_row(cast):
    case = small(cast)
    readers = [("owner", "provider"), ("with_no_grant", "collaborator"), ("technician", "lab")]

    def costs() -> dict[tuple[str, str], int]:
        newest = Case.objects.get(pk=case.pk).newest_version
        found = {}
        for who, workspace in readers:
            client = getattr(cast, who).client
            for name, path, headers in (
                ("review", reverse("setups:review", args=[workspace, case.number, newest]), {}),
                ("compare", reverse("setups:compare", args=[workspace, case.number, newest]) + "?with=1", {"HX-Request": "true"}),
                ("overlay", reverse("setups:overlay", args=[workspace, case.number, newest, 1]), {}),
                ("setups", reverse("web:case_setups", args=[workspace, case.number]), {}),
            ):
                found[who, name] = queries(client, path, **headers)
        for who, workspace in readers[:2]:
            client = getattr(cast, who).client
            panel = reverse("conversation:conversation", args=[workspace, case.number])
            found[who, "panel"] = queries(client, panel, **{"HX-Request": "true"})
            found[who, "paper"] = queries(cast.owner.client, reverse("setups:summary", args=["provider", case.number, newest]))
        found["technician", "changes"] = queries(cast.technician.client, reverse("lab:changes", args=["lab", case.number]))
        return found

    before = costs()
    grow(cast, case)
    after = costs()

    assert {place: (before[place], count) for place, count in after.items() if count > before[place] + BRANCHES} == {}
    assert {place: count for place, count in after.items() if count > MOST} == {}
