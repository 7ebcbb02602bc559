"""The treatment summary as a PDF: what it says is read back from the file."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from pypdf import PdfReader

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.people.models import User
from midline.setups.models import IPR, Attachment, Part, SetupVersion
from midline.setups.summary import render, summary_of
from midline.setups.tests.factories import make_version


@pytest.fixture
def version(cast) -> SetupVersion:
    case = move(cast.case, "take", technician=cast.technician.user)
    made = make_version(case, cast.technician.user, published=False)
    IPR.objects.create(version=made, tooth_a=21, tooth_b=22, amount_mm=Decimal("0.15"), before_stage=3)
    for tooth in (13, 23):
        Attachment.objects.create(version=made, tooth=tooth, shape="Ellipsoid", size="3.5 × 2 mm", added_stage=1, removed_stage=4)
    Part.objects.filter(version=made, key="upper-01").update(fdi=53)
    made.notes = "Hold <b>21</b> & 22\nuntil stage 3. Ωμέγα, Жук, Łódź"
    made.wear_schedule = "22 h a day, 10 days a stage"
    made.content_hash, made.published_at, made.published_by = "ab" * 32, made.made_at, made.made_by
    made.save()
    move(case, "publish", technician=cast.technician.user)
    return SetupVersion.objects.get(pk=made.pk)


def address(who: str, version: SetupVersion) -> str:
    return f"/{who}/cases/{version.case.number}/setups/{version.number}/summary.pdf"


def read(response) -> str:
    pages = PdfReader(io.BytesIO(response.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_summary_says_the_plan(cast, version):
    response = cast.owner.client.get(address("provider", version))
    text = read(response)

    assert response["Content-Type"] == "application/pdf"
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    for words in (
        "Treatment summary", version.case.number, cast.case.patient.name, "Maren Østby", "4 upper, 4 lower", "22 h a day, 10 days a stage",
        "Not approved", "abababab", "Hold <b>21</b> & 22 until stage 3. Ωμέγα, Жук, Łódź",
        "0.15 mm in total", "21–22 0.15 mm before stage 3", "2 attachments", "13, 23 Ellipsoid, 3.5 × 2 mm buccal 1 4",
        "Movements", "crown centre", "12 ", "0.4 mm", "Page 1", f"Case {version.case.number}, version 1",
    ):  # fmt: skip
        assert words in text, words


def test_every_moving_tooth_stands_in_the_table_of_movements_with_its_direction(cast, version):
    summary = summary_of(version, cast.owner.actor, "en")

    assert [row[0] for row in summary.movements.rows] == [str(fdi) for fdi in sorted(set(version.movements.values_list("fdi", flat=True)))]
    assert all(len(row) == len(summary.movements.heads) for row in summary.movements.rows)
    assert any("0.4 mm lingual" in row for row in summary.movements.rows)
    assert "biology may differ" in summary.movements.lead
    version.plan["movement_source"] = "lab"
    assert summary_of(version, cast.owner.actor, "en").movements.lead != summary.movements.lead


def fonts_of(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_two_pictures_stand_in_it_and_every_font_is_embedded(cast, version):
    pages = PdfReader(io.BytesIO(cast.owner.client.get(address("provider", version)).content)).pages

    assert sum(len(page.images) for page in pages) == 2
    fonts = [font for page in pages for font in fonts_of(page)]
    used = [font for font in fonts if "Inter" in font["/BaseFont"]]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_the_name_is_not_there_for_whom_identity_is_hidden(cast, version):
    collaboration = cast.with_every_grant.collaboration
    collaboration.hides_identity = True
    collaboration.save()
    response = cast.with_every_grant.client.get(address("collaborator", version))
    content = response.content + read(response).encode()

    assert response.status_code == 200
    assert "Patient hidden" in read(response)
    for part in cast.case.patient.name.split():
        assert part.encode() not in content
    assert cast.case.patient.name not in response["Content-Disposition"]


def test_who_may_not_download_gets_none_and_nobody_one_of_a_version_that_is_not_published(cast, version):
    make_version(Case.objects.get(pk=version.case_id), cast.technician.user, 2, published=False)
    second = SetupVersion.objects.get(number=2)

    assert cast.with_no_grant.client.get(address("collaborator", version)).status_code == 403
    assert cast.stranger.client.get(address("collaborator", version)).status_code == 404
    assert cast.technician.client.get(address("lab", version)).status_code == 200
    assert cast.technician.client.get(address("lab", second)).status_code == 404
    assert cast.owner.client.get(address("provider", second)).status_code == 404


def test_it_speaks_german_and_counts_teeth_as_the_reader_does(cast, version):
    User.objects.filter(pk=cast.owner.user.pk).update(language="de", numbering="universal")
    text = read(cast.owner.client.get(address("provider", version)))

    assert "Behandlungsübersicht" in text
    assert "9–10 0,15 mm vor Schritt 3" in text
    assert "Treatment summary" not in text


def test_the_same_summary_gives_the_same_bytes_and_palmer_is_written_in_letters(cast, version):
    cast.owner.actor.user.numbering = "palmer"
    with translation.override("en"):
        first, again = (render(summary_of(version, cast.owner.actor, "en")) for _ in range(2))

    assert first == again
    assert "UL1–UL2" in " ".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)


def test_a_plan_without_ipr_attachments_and_movements_says_so(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    made = make_version(case, cast.technician.user, published=False)
    made.movements.all().delete()
    made.pictures, made.content_hash, made.published_at = {}, "cd" * 32, made.made_at
    made.save()
    move(case, "publish", technician=cast.technician.user)
    text = read(cast.owner.client.get(address("provider", made)))

    for words in ("No IPR is planned.", "No attachments are planned.", "No tooth is planned to move."):
        assert words in text
