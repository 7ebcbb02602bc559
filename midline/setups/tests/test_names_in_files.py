"""What the lab calls its files, and writes into their headers, stands in nothing that a build serves: no model, picture or paper."""

import io

import pytest
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from midline.cases.models import Case
from midline.cases.tests.factories import move
from midline.core.storage import files
from midline.jobs import services as jobs
from midline.setups import services
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.tests.zips import staged_files, zipped

NAME = "Zofia_Testdatter"


@pytest.mark.slow
@pytest.mark.once
def test_no_name_of_a_file_or_header_is_in_what_is_served(cast):
    order = move(cast.case, "take", technician=cast.technician.user).current_order
    assert order
    names = staged_files(1, upper=NAME + "_upper_{:02d}.stl", lower=f"{NAME}/{NAME}" + "_lower_{:02d}.stl")
    item = services.import_begin(order=order, by=cast.technician.actor, source=zipped(names), filename=f"{NAME}.zip")
    jobs.run_all()
    item = SetupImport.objects.get(pk=item.pk)
    rows = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in item.report["files"]]
    services.import_map(item=item, mapping=rows, by=cast.technician.actor)
    jobs.run_all()
    item = SetupImport.objects.get(pk=item.pk)
    assert item.state == SetupImport.State.BUILT, item.report.get("failure")
    version = SetupVersion.objects.get(pk=item.version_id or 0)
    numbers = {part.key: part.fdi for part in version.parts.filter(kind="tooth")}
    services.teeth_confirm(version=version, numbers=numbers, by=cast.technician.actor)
    services.version_publish(version=version, by=cast.technician.actor)

    keys = [about["key"] for about in (*version.files.values(), *version.pictures.values(), *item.thumbs.values())]
    for key in keys:
        with files().open(key) as file:
            content = file.read()
        assert b"Testdatter" not in content, key
        assert b"Zofia" not in content, key
        if content[:4] == b"RIFF":
            with Image.open(io.BytesIO(content)) as picture:
                assert not picture.getexif()
                assert {"exif", "xmp", "icc_profile"} & set(picture.info) == set()
        else:
            assert content[:4] == b"glTF"
    case = Case.objects.get(pk=cast.case.pk)
    pages = (
        reverse("setups:review", args=["collaborator", case.number, 1]),
        reverse("web:case_setups", args=["collaborator", case.number]),
    )
    for page in pages:
        assert "Testdatter" not in cast.with_no_grant.client.get(page).content.decode()
    paper = cast.owner.client.get(reverse("setups:summary", args=["provider", case.number, 1]))
    read = PdfReader(io.BytesIO(paper.content))
    assert {"/Title": f"Treatment summary {case.number}", "/Author": "Midline"}.items() <= dict(read.metadata or {}).items()
    assert read.xmp_metadata is None
    assert not [name for name in ("Testdatter", "Zofia", str(case.patient.name if case.patient else "?")) if name in str(read.metadata)]
    assert "Testdatter" not in "".join(paper.headers.values())
