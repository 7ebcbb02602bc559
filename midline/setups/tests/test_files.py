"""Models, pictures and originals: who gets them, in which form, and for how long."""

import gzip

import brotli
import pytest
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.tests.factories import move
from midline.collaboration.models import Collaboration
from midline.core.storage import files
from midline.setups.models import SetupVersion
from midline.setups.tests.factories import make_import, make_version

READERS = {"owner": "provider", "with_every_grant": "collaborator", "with_no_grant": "collaborator", "technician": "lab"}


@pytest.fixture
def version(cast) -> SetupVersion:
    move(cast.case, "take", technician=cast.technician.user)
    found = make_version(cast.case, cast.technician.user)
    move(cast.case, "publish", technician=cast.technician.user)
    return found


def model(case, workspace: str, number: int = 1, what: str = "preview") -> str:
    return reverse("setups:model", args=[workspace, case.number, number, what])


def content(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(("name", "workspace"), READERS.items())
def test_who_sees_the_case_gets_the_published_model(cast, version, name, workspace):
    answer = cast.client_of(name).get(model(cast.case, workspace), headers={"Accept-Encoding": "gzip, br"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert brotli.decompress(content(answer))[:4] == b"glTF"
    assert Access.objects.filter(view__startswith="setups:model/", case_ids=[cast.case.pk]).exists()


def test_the_model_comes_as_gzip_or_plain_when_the_client_knows_no_brotli(cast, version):
    address = model(cast.case, "provider", what="full")
    packed = cast.owner.client.get(address, headers={"Accept-Encoding": "br;q=0, gzip"})
    plain = cast.owner.client.get(address)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(packed))[:4] == b"glTF"
    assert "Content-Encoding" not in plain.headers
    assert content(plain)[:4] == b"glTF"
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_a_browser_that_has_the_bytes_is_asked_again_at_each_use(cast, version):
    client, address = cast.with_no_grant.client, model(cast.case, "collaborator")
    etag = client.get(address, headers={"Accept-Encoding": "br"}).headers["ETag"]
    asked = {"Accept-Encoding": "br", "If-None-Match": etag}
    assert client.get(address, headers=asked).status_code == 304

    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(state="ended", ended="revoked")

    assert client.get(address, headers=asked).status_code == 404


@pytest.mark.parametrize("name", ["stranger", "other_provider", "signed_out"])
def test_nobody_else_learns_that_the_model_is_there(cast, version, name):
    workspace = "provider" if name == "other_provider" else "collaborator"
    client = cast.client_of(name)
    there, absent = client.get(model(cast.case, workspace)), client.get(model(cast.case, workspace, number=7))

    assert there.status_code == absent.status_code == (302 if name == "signed_out" else 404)


@pytest.mark.parametrize(("name", "workspace"), [(n, w) for n, w in READERS.items() if n != "technician"])
def test_an_unpublished_version_answers_404_to_provider_and_collaborators(cast, name, workspace):
    order = move(cast.case, "take", technician=cast.technician.user).current_order
    assert order
    item = make_import(order, cast.technician.user)
    client = cast.client_of(name)

    assert client.get(model(cast.case, workspace)).status_code == 404
    assert client.get(reverse("setups:picture", args=[workspace, cast.case.number, 1, "front"])).status_code == 404
    assert client.get(reverse("setups:import_thumb", args=[workspace, cast.case.number, item.pk, 0])).status_code == 404
    assert cast.technician.client.get(model(cast.case, "lab")).status_code == 200


def test_pictures_are_webp_and_only_front_and_start(cast, version):
    for what, status in (("front", 200), ("start", 200), ("side", 404)):
        answer = cast.owner.client.get(reverse("setups:picture", args=["provider", cast.case.number, 1, what]))
        assert answer.status_code == status
    assert cast.owner.client.get(model(cast.case, "provider", what="original")).status_code == 404


def test_the_original_goes_to_those_who_may_download_under_a_neutral_name(cast, version):
    def original(name: str, workspace: str):
        return cast.client_of(name).get(reverse("setups:original", args=[workspace, cast.case.number, 1]))

    answer = original("owner", "provider")
    assert answer.status_code == 200
    assert content(answer) == files().open(version.original_key).read()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert f"{cast.case.number}-v1-original.zip" in answer.headers["Content-Disposition"]
    assert "Testdatter" not in answer.headers["Content-Disposition"]
    assert original("with_every_grant", "collaborator").status_code == 200
    assert original("with_no_grant", "collaborator").status_code == 403
    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(hides_identity=True)
    assert original("with_every_grant", "collaborator").status_code == 403, "its files may carry the patient's name"
