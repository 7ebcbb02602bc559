"""Every address of a setup, held open by somebody whose access ends: with the bytes, their ETag and the link in hand nothing answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from midline.cases.models import Order
from midline.cases.services import case_shares_set
from midline.cases.tests.factories import make_case, share
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.services import collaboration_revoke
from midline.conversation.models import Comment, CommentFile
from midline.conversation.services import comment_delete, comment_edit
from midline.core import clock
from midline.core.storage import files
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.practices.models import Provider
from midline.setups.tests.factories import make_version
from midline.web.tests.below_a_case import Held, held_case
from midline.web.tests.everything import _thumb
from midline.web.tests.test_foreign_ids import answer

FILES = ("setups:model", "setups:picture", "setups:original", "setups:import_thumb", "conversation:file")
GOT = {*FILES, "setups:review", "setups:compare", "setups:overlay", "setups:summary", "web:updates", "lab:import", "lab:import_table",
       "lab:import_progress", "lab:changes", "conversation:conversation"}  # fmt: skip
ENCODINGS = ("br", "gzip", "")


@pytest.fixture
def held(cast) -> Held:
    """Version 1 published and declined, version 2 published, version 3 built by the planner and not published."""
    given = held_case(cast)
    _thumb(given.item)
    given.ids |= {"other": 1, "kind": "ipr"}
    return given


def paths(held: Held, workspace: str, **other: Any) -> dict[str, str]:
    return {path: name for path, name in held.paths(workspace, **other).items() if name in GOT}


def got(client, path: str, **headers: str) -> tuple[int, str, str]:
    """(status, ETag, Cache-Control)."""
    response = client.get(path, headers=headers)
    b"".join(response)
    return response.status_code, response.get("ETag", ""), response.get("Cache-Control", "")


def withdraw(cast) -> None:
    collaboration_revoke(collaboration=cast.with_every_grant.collaboration, by=cast.owner.actor)


def unshare(cast) -> None:
    case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)


def expire(cast) -> None:
    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(ends_at=clock.now() - timedelta(seconds=1))


def close_the_account(cast) -> None:
    User.objects.filter(pk=cast.with_every_grant.user.pk).update(is_active=False)


def close_the_provider(cast) -> None:
    Provider.objects.filter(pk=cast.practice.provider_id).update(state=Provider.State.PENDING)


def dismiss_the_technician(cast) -> None:
    User.objects.filter(pk=cast.technician.user.pk).update(is_technician=False)


ENDINGS: list[tuple[str, str, Callable[[Any], None]]] = [
    ("with_every_grant", "collaborator", withdraw),
    ("with_every_grant", "collaborator", unshare),
    ("with_every_grant", "collaborator", expire),
    ("with_every_grant", "collaborator", close_the_account),
    ("owner", "provider", close_the_provider),
    ("technician", "lab", dismiss_the_technician),
]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("who", "workspace", "end"), ENDINGS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_who_lost_access_gets_neither_the_bytes_nor_a_304(cast, held, who, workspace, end):
    client = getattr(cast, who).client
    known = paths(held, workspace)
    tags: dict[tuple[str, str], str] = {}
    for path in known:
        for encoding in ENCODINGS:
            status, tag, caching = got(client, path, **{"Accept-Encoding": encoding})
            assert status in {200, 204, 403, 404}, path
            if status == 200:
                assert "private" in caching or "no-store" in caching, (path, caching)
                assert "no-cache" in caching or "no-store" in caching, (path, caching)
                tags[path, encoding] = tag
            if tag:
                assert got(client, path, **{"If-None-Match": tag, "Accept-Encoding": encoding})[0] == 304, path
    reached = {known[path] for path, _encoding in tags}
    assert reached >= (GOT - {"web:updates"} if who == "with_every_grant" else {"setups:review", "setups:model", "setups:picture"})

    end(cast)

    nowhere = {name: path for path, name in paths(held, workspace, number="0999999").items()}
    for (path, encoding), tag in tags.items():
        for asked in ({}, {"If-None-Match": tag or "*"}, {"If-None-Match": "*"}, {"Range": "bytes=0-9"}, {"If-Range": tag or "x"}):
            status = got(client, path, **{"Accept-Encoding": encoding} | asked)[0]
            assert status == (302 if end is close_the_account else 404), (path, asked, status)
        if end is not close_the_account:
            assert answer(client, "get", path) == answer(client, "get", nowhere[known[path]]), path


SINGLE: dict[Grant | None, dict[str, bool]] = {None: {}} | {grant: {grant.value: True} for grant in Grant}
# What each permission opens of a published version, beside what everybody who sees the case may.
ALWAYS = {"setups:review", "setups:compare", "setups:overlay", "setups:model", "setups:picture", "conversation:file", "lab:changes"}


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("grant", SINGLE, ids=lambda grant: grant.value if grant else "none")
@pytest.mark.parametrize("hidden", [False, True], ids=["", "hidden"])
def test_each_single_permission_opens_its_own_address_and_no_other(cast, held, grant, hidden):
    row = cast.with_no_grant.collaboration
    Collaboration.objects.filter(pk=row.pk).update(hides_identity=hidden, **SINGLE[grant])
    client = cast.with_no_grant.client

    opened = {name for path, name in paths(held, "collaborator").items() if got(client, path)[0] == 200}

    downloads = {"setups:summary"} | (set() if hidden else {"setups:original"}) if grant is Grant.DOWNLOAD else set()
    assert opened - {"conversation:conversation", "web:updates"} == ALWAYS | downloads


@pytest.mark.parametrize("who", ["owner", "with_no_grant"])
def test_a_version_that_is_not_published_answers_like_one_that_never_was(cast, held, who):
    person = getattr(cast, who)
    space, number = person.actor.workspace, cast.case.number
    assert held.item.version.number == 2
    for name, more in (
        ("review", {}), ("compare", {}), ("model", {"what": "preview"}), ("model", {"what": "full"}), ("picture", {"what": "front"}),
        ("summary", {}), ("original", {}), ("overlay", {"other": 1}), ("ready", {}), ("approve", {}), ("propose", {}), ("decline", {}),
        ("carry", {}), ("take_back", {}), ("push_back", {}),
    ):  # fmt: skip
        for method in ("get", "post"):
            there, nowhere = (
                answer(person.client, method, reverse(f"setups:{name}", kwargs={"workspace": space, "number": number, "version": v} | more))
                for v in (2, 77)
            )
            assert there == nowhere, (name, method)
            assert there[1] in {403, 404, 405}, (name, there[1])
    laid, none = (reverse("setups:overlay", args=[space, number, 1, other]) for other in (2, 77))
    assert answer(person.client, "get", laid) == answer(person.client, "get", none)
    compared, wanted = reverse("setups:compare", args=[space, number, 1]), ("2", "77", "1", "0", "-1", "x", "", "²", "9" * 40)
    assert {answer(person.client, "get", f"{compared}?with={value}")[1] for value in wanted} == {404}
    page = person.client.get(reverse("setups:review", args=[space, number, 1])).content.decode()
    assert "/setups/2/" not in page


def test_no_summary_of_an_unpublished_version_for_its_planner_either(cast, held):
    assert got(cast.with_every_grant.client, reverse("setups:summary", args=["collaborator", cast.case.number, 2]))[0] == 404
    assert got(cast.technician.client, reverse("setups:summary", args=["lab", cast.case.number, 2]))[0] == 404


def test_a_planner_who_handed_over_finds_nothing_of_the_unpublished(cast, held):
    Order.objects.filter(pk=held.ids["order_id"]).update(planner=cast.technician.user, planner_workspace=Workspace.LAB)
    client, number = cast.with_every_grant.client, cast.case.number
    for path in (
        reverse("setups:review", args=["collaborator", number, 2]),
        reverse("setups:model", args=["collaborator", number, 2, "full"]),
        reverse("setups:overlay", args=["collaborator", number, 1, 2]),
        reverse("setups:import_thumb", args=["collaborator", number, held.ids["import_id"], 0]),
        reverse("lab:import_progress", args=["collaborator", number, held.ids["import_id"]]),
        reverse("lab:import_table", args=["collaborator", number, held.ids["import_id"], "ipr"]),
    ):
        assert got(client, path)[0] == 404, path


def test_the_file_of_a_comment_is_gone_with_the_comment_and_with_its_correction(cast, held):
    file = CommentFile.objects.get(pk=held.ids["file_id"])
    comment = Comment.objects.get(pk=file.comment_id)
    paths_of = [reverse("conversation:file", args=["collaborator", cast.case.number, file.pk, what]) for what in ("thumb", "shown")]
    tags = {path: got(cast.with_no_grant.client, path)[1] for path in paths_of}
    assert all(tags.values())
    stored = {"content_type": "image/jpeg", "size": 1, "key": file.key, "sha256": file.sha256}
    second = CommentFile.objects.create(comment=comment, filename="b.jpg", **stored)

    comment_edit(comment=comment, by=cast.owner.actor, body=comment.body, remove=frozenset({file.pk}))
    assert [got(cast.with_no_grant.client, path, **{"If-None-Match": tags[path]})[0] for path in paths_of] == [404, 404]

    other = reverse("conversation:file", args=["collaborator", cast.case.number, second.pk, "shown"])
    tag = got(cast.with_no_grant.client, other)[1]
    comment_delete(comment=comment, by=cast.owner.actor)
    assert got(cast.with_no_grant.client, other, **{"If-None-Match": tag})[0] == 404
    assert got(cast.owner.client, other.replace("/collaborator/", "/provider/"))[0] == 404


def test_the_lab_finds_nothing_of_the_conversation(cast, held):
    number, client = cast.case.number, cast.technician.client
    for name, args in (
        ("conversation:conversation", []), ("conversation:read", []), ("conversation:comment", []),
        ("conversation:file", [held.ids["file_id"], "shown"]), ("conversation:comment_edit", [held.ids["comment_id"]]),
        ("conversation:comment_delete", [held.ids["comment_id"]]),
    ):  # fmt: skip
        path = reverse(name, args=["lab", number, *args])
        assert {answer(client, method, path)[1] for method in ("get", "post")} <= {403, 404, 405}, path
    assert "Look at 21." not in client.get(reverse("setups:review", args=["lab", number, 1])).content.decode()


def test_a_file_beside_a_comment_of_another_case_is_not_there(cast, held):
    own = make_case(cast.practice)
    share(own, cast.with_no_grant.collaboration)
    make_version(own, cast.technician.user)
    there, nowhere = (reverse("conversation:file", args=["collaborator", own.number, pk, "shown"]) for pk in (held.ids["file_id"], 10**12))
    assert answer(cast.with_no_grant.client, "get", there) == answer(cast.with_no_grant.client, "get", nowhere)


def test_the_thumbnail_of_an_import_that_was_discarded_and_swept_is_404(cast, held):
    """What a discarded import brought is swept after a day; its row, and who has its address, stay."""
    path = reverse("setups:import_thumb", args=["lab", cast.case.number, held.ids["import_id"], 0])
    assert got(cast.technician.client, path)[0] == 200
    cast.with_every_grant.client.post(reverse("lab:import_discard", args=["collaborator", cast.case.number, held.ids["import_id"]]))
    files().delete(held.item.thumbs["first"]["key"])

    assert got(cast.technician.client, path)[0] == 404
