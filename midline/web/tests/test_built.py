"""Scripts and styles reach the browser small, for good, and never older than the page that asks for them."""

import gzip
import shutil
import subprocess
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

pytestmark = pytest.mark.once
SCRIPT = b"export const words = 'the same words, ' + 'the same words';\n" * 40
NAME = "assets/viewer-DU3pe5iY.js"


@pytest.fixture
def dist(tmp_path: Path, settings) -> Path:
    """What a build leaves, found by the server as it is outside production."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / NAME).write_bytes(SCRIPT)
    (folder / f"{NAME}.br").write_bytes(brotli.compress(SCRIPT))
    (folder / f"{NAME}.gz").write_bytes(gzip.compress(SCRIPT))
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [("dist", folder)]
    settings.STATIC_ROOT = tmp_path / "root"
    (tmp_path / "root").mkdir()
    return folder


def answer(path: str, accepted: str) -> HttpResponse:
    server = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
    response: HttpResponse = server(RequestFactory().get(path, HTTP_ACCEPT_ENCODING=accepted))
    return response


def body(response: HttpResponse) -> bytes:
    return b"".join(response)


@pytest.mark.parametrize(("accepted", "sent"), [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("", None)])
def test_a_built_script_is_sent_as_small_as_the_browser_can_read_and_kept_for_good(dist, accepted, sent):
    response = answer(f"/static/dist/{NAME}", accepted)
    assert response.status_code == 200
    assert response.get("Content-Encoding") == sent
    assert response["Cache-Control"] == "max-age=315360000, public, immutable"
    assert response["Vary"] == "Accept-Encoding"
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[sent]
    assert unpack(body(response)) == SCRIPT


def test_the_packed_forms_have_no_address_of_their_own(dist):
    assert answer(f"/static/dist/{NAME}.br", "br").status_code == 404


def test_production_keeps_the_names_of_the_build_and_packs_everything(dist, settings):
    (dist / "sign.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 40)
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "midline.web.built.BuiltStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert static(f"dist/{NAME}") == f"/static/dist/{NAME}"
    assert static("dist/sign.svg") != "/static/dist/sign.svg"
    settings.WHITENOISE_USE_FINDERS = False
    for address in (f"/static/dist/{NAME}", static("dist/sign.svg")):
        response = answer(address, "br")
        assert (response.status_code, response.get("Content-Encoding")) == (200, "br"), address
        assert "immutable" in response["Cache-Control"]
        body(response)
    kept = sorted(path.name for path in (Path(settings.STATIC_ROOT) / "dist" / "assets").iterdir())
    assert kept == ["viewer-DU3pe5iY.js", "viewer-DU3pe5iY.js.br", "viewer-DU3pe5iY.js.gz"]
    assert staticfiles_storage.exists(f"dist/{NAME}")


@pytest.mark.slow
def test_a_build_packs_each_script_and_style_and_leaves_nothing_of_the_one_before(tmp_path):
    out = tmp_path / "dist"
    (out / "assets").mkdir(parents=True)
    (out / "assets" / "viewer-OLDoldOL.js.br").write_bytes(brotli.compress(b"older"))
    npx = shutil.which("npx")
    assert npx
    words = [npx, "vite", "build", "--outDir", str(out), "--emptyOutDir", "--logLevel", "error"]
    subprocess.run(words, cwd=settings.BASE_DIR, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    plain = {path for path in (out / "assets").iterdir() if path.suffix in {".js", ".css"}}
    assert {path.name.rsplit("-", 1)[0] for path in plain} >= {"portal", "viewer", "picture", "worker"}
    for path in plain:
        assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == path.read_bytes()
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes()
    packed = {path for path in out.rglob("*") if path.suffix in {".br", ".gz"}}
    assert {path.with_suffix("") for path in packed} == plain
