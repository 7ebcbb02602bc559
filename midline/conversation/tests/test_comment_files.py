"""Files beside a comment: checked as records are, shown where the conversation is, closed where a name could stand."""

import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from midline.conversation import queries
from midline.conversation.models import Comment, CommentFile
from midline.core.orphans import unnamed

HTMX = {"HTTP_HX_REQUEST": "true"}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture() -> bytes:
    """A JPEG that says who and where in its EXIF data."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Zofia Secretname"
    Image.new("RGB", (320, 200), (120, 90, 60)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def add(person, case, *given: tuple[str, bytes], **more):
    chosen = [SimpleUploadedFile(name, content) for name, content in given]
    url = f"/{person.actor.workspace}/cases/{case.number}/comments/"
    return person.client.post(url, {"key": uuid4(), "body": "See here.", "files": chosen, **more}, **HTMX)


def address(person, case, file: CommentFile, what: str = "shown") -> str:
    return f"/{person.actor.workspace}/cases/{case.number}/comments/files/{file.pk}/{what}/"


def test_a_picture_is_shown_to_the_conversation_without_what_its_camera_wrote(cast):
    assert add(cast.owner, cast.case, ("Zofia.jpg", picture())).status_code == 200
    file = CommentFile.objects.get()

    for person in (cast.owner, cast.with_no_grant):
        for what in ("shown", "thumb"):
            response = person.client.get(address(person, cast.case, file, what))
            body = b"".join(response)
            assert response.status_code == 200
            assert b"Secretname" not in body
            assert "Zofia" not in response["Content-Disposition"]
            Image.open(io.BytesIO(body)).verify()
    assert cast.with_no_grant.client.get(address(cast.with_no_grant, cast.case, file, "original")).status_code == 404


def test_the_lab_and_strangers_get_no_file(cast):
    add(cast.owner, cast.case, ("a.jpg", picture()))
    file = CommentFile.objects.get()

    assert cast.technician.client.get(address(cast.technician, cast.case, file)).status_code == 403
    assert cast.stranger.client.get(address(cast.stranger, cast.case, file)).status_code == 404
    assert cast.other_provider.client.get(address(cast.other_provider, cast.case, file)).status_code == 404


def test_where_the_identity_is_hidden_a_pdf_is_closed_and_no_file_name_is_said(cast):
    collaboration = cast.with_no_grant.collaboration
    collaboration.hides_identity = True
    collaboration.save()
    add(cast.owner, cast.case, ("Zofia letter.pdf", PDF), ("Zofia smile.jpg", picture()))
    pdf, image = CommentFile.objects.order_by("position")
    page = cast.with_no_grant.client.get(f"/collaborator/cases/{cast.case.number}/conversation/").content.decode()

    assert "Zofia" not in page
    assert "closed because the identity is hidden" in page
    assert cast.with_no_grant.client.get(address(cast.with_no_grant, cast.case, pdf)).status_code == 403
    assert cast.with_no_grant.client.get(address(cast.with_no_grant, cast.case, image)).status_code == 200
    response = cast.owner.client.get(address(cast.owner, cast.case, pdf))
    assert b"".join(response) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert "Zofia letter.pdf" in cast.owner.client.get(f"/provider/cases/{cast.case.number}/conversation/").content.decode()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("page.jpg", b"<!doctype html><html><script>alert(1)</script></html>", "a web page"),
        ("cut.pdf", b"%PDF-1.4\n1 0 obj", "PDF"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_file_that_is_none_is_422_with_its_name_and_nothing_is_written(cast, name, content, reason):
    response = add(cast.owner, cast.case, (name, content))
    page = response.content.decode()

    assert response.status_code == 422
    assert name in page
    assert reason in page
    assert "Choose the files again." in page
    assert "See here." in page
    assert not Comment.objects.exists()


def test_six_files_are_too_many(cast):
    assert add(cast.owner, cast.case, *[(f"{n}.pdf", PDF) for n in range(6)]).status_code == 422
    assert not Comment.objects.exists()


def test_sent_twice_the_files_stand_once_and_go_with_the_comment(cast):
    key = uuid4()
    for _ in range(2):
        assert add(cast.owner, cast.case, ("a.pdf", PDF), key=key).status_code == 200
    file = CommentFile.objects.get()
    assert unnamed([file.key]) == set()

    comment = Comment.objects.get()
    cast.owner.client.post(f"/provider/cases/{cast.case.number}/comments/{comment.pk}/delete/", **HTMX)
    assert cast.owner.client.get(address(cast.owner, cast.case, file)).status_code == 404
    assert unnamed([file.key]) == {file.key}


def test_a_file_of_another_case_is_not_found_through_this_one(cast):
    from midline.cases.tests.factories import make_case

    add(cast.owner, cast.case, ("a.pdf", PDF))
    other = make_case(cast.practice)

    assert cast.owner.client.get(address(cast.owner, other, CommentFile.objects.get())).status_code == 404
    assert [len(comment.files.all()) for comment in queries.thread(cast.case, cast.owner.actor)] == [1]


def change(person, case, comment: Comment, *given: tuple[str, bytes], **more):
    chosen = [SimpleUploadedFile(name, content) for name, content in given]
    url = f"/{person.actor.workspace}/cases/{case.number}/comments/{comment.pk}/edit/"
    return person.client.post(url, {"key": uuid4(), "body": comment.body, "files": chosen, **more}, **HTMX)


def names_of(comment: Comment) -> list[str]:
    return [file.filename for file in comment.files.order_by("position")]


def test_an_edit_adds_and_removes_files_and_says_what_was_there(cast):
    add(cast.owner, cast.case, ("first.pdf", PDF), ("second.jpg", picture()))
    comment = Comment.objects.get()
    first = comment.files.get(filename="first.pdf")
    response = change(cast.owner, cast.case, comment, ("third.pdf", PDF), remove=[first.pk])
    page = response.content.decode()

    assert response.status_code == 200
    assert names_of(comment) == ["second.jpg", "third.pdf"]
    assert "Edited" in page
    assert "Files then: <bdi>first.pdf</bdi>, <bdi>second.jpg</bdi>" in page
    assert cast.owner.client.get(address(cast.owner, cast.case, first)).status_code == 404


def test_where_the_identity_is_hidden_an_edit_names_no_file_either(cast):
    collaboration = cast.with_no_grant.collaboration
    collaboration.hides_identity = True
    collaboration.save()
    add(cast.owner, cast.case, ("Zofia letter.pdf", PDF))
    comment = Comment.objects.get()
    change(cast.owner, cast.case, comment, remove=[comment.files.get().pk])
    page = cast.with_no_grant.client.get(f"/collaborator/cases/{cast.case.number}/conversation/").content.decode()

    assert "Zofia" not in page
    assert "1 file then" in page


def test_files_are_changed_by_the_author_alone_and_only_those_of_the_comment(cast):
    add(cast.owner, cast.case, ("mine.pdf", PDF))
    add(cast.with_no_grant, cast.case, ("theirs.pdf", PDF))
    mine, theirs = Comment.objects.order_by("pk")

    assert change(cast.owner, cast.case, mine, remove=[theirs.files.get().pk, "x", "9" * 40]).status_code == 200
    assert change(cast.owner, cast.case, theirs, remove=[theirs.files.get().pk]).status_code == 403
    assert (names_of(mine), names_of(theirs)) == (["mine.pdf"], ["theirs.pdf"])


def test_an_edit_leaves_at_most_five_files_and_one_sent_twice_adds_once(cast):
    add(cast.owner, cast.case, *[(f"{n}.pdf", PDF) for n in range(4)])
    comment, key = Comment.objects.get(), uuid4()
    assert change(cast.owner, cast.case, comment, ("a.pdf", PDF), ("b.pdf", PDF)).status_code == 422
    for _ in range(2):
        assert change(cast.owner, cast.case, comment, ("a.pdf", PDF), key=key).status_code == 200
    late = change(cast.owner, cast.case, comment, ("page.pdf", b"<html>"))

    assert late.status_code == 422
    assert names_of(comment) == ["0.pdf", "1.pdf", "2.pdf", "3.pdf", "a.pdf"]
