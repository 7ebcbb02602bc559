"""Models, pictures and originals. Each use asks the policy again, also when the browser holds the bytes already."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from midline.activity.services import record_file_access
from midline.cases.actions import Action
from midline.cases.policies import get_case_or_404
from midline.core.files import send_file
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.setups.models import SetupImport
from midline.setups.queries import VIEWS, import_or_404, version_or_404

_PICTURES = {"start", "list"} | {f"{view}{moment}" for view in VIEWS for moment in ("", "_start")}
_MODELS = {"preview", "full"}


@require_safe
def model(request: PortalRequest, workspace: Workspace, number: str, version: int, what: str) -> HttpResponseBase:
    """The packed models as GLB: as brotli or gzip when the client takes it. The ETag is the hash of the plain file and its encoding."""
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    if what not in _MODELS or what not in setup.files:
        raise Http404
    record_file_access(request, f"setups:model/{setup.pk}/{what}", case.pk)
    about = setup.files[what]
    encoding = next((code for code in ("br", "gzip") if _takes(request, code) and about.get(f"{code[:2]}_key")), "")
    key = about[f"{encoding[:2]}_key"] if encoding else about["key"]
    name = f"{case.number}-v{setup.number}-{what}.glb"
    return send_file(request, key=key, sha256=about["sha256"], name=name, content_type="model/gltf-binary", encoding=encoding)


@require_safe
def picture(request: PortalRequest, workspace: Workspace, number: str, version: int, what: str) -> HttpResponseBase:
    """The models from one side, at the planned end ("front") or at the start ("front_start"), or small for a list ("list")."""
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    if what not in _PICTURES or what not in setup.pictures:
        raise Http404
    record_file_access(request, f"setups:picture/{setup.pk}", case.pk)
    about = setup.pictures[what]
    name = f"{case.number}-v{setup.number}-{what}.webp"
    return send_file(request, key=about["key"], sha256=about["sha256"], name=name, content_type="image/webp")


@require_safe
def original(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponseBase:
    """The ZIP as the lab uploaded it, under a neutral name. Its files may carry the patient's name: not for whom identity is hidden."""
    case = get_case_or_404(request.actor, number, Action.DOWNLOAD_ORIGINALS)
    setup = version_or_404(request.actor, case, version)
    record_file_access(request, f"setups:original/{setup.pk}", case.pk)
    name = f"{case.number}-v{setup.number}-original.zip"
    return send_file(request, key=setup.original_key, sha256=setup.original_sha256, name=name, content_type="application/zip")


@require_safe
def import_thumb(request: PortalRequest, workspace: Workspace, number: str, import_id: int, index: int) -> HttpResponseBase:
    """A small picture of one file of an import, by its place in the report; a discarded import has none, for its files are swept."""
    case = get_case_or_404(request.actor, number)
    item = import_or_404(request.actor, case, import_id)
    rows = item.report.get("files", [])
    about = item.thumbs.get(rows[index]["thumb"]) if index < len(rows) else None
    if about is None or item.state == SetupImport.State.DISCARDED:
        raise Http404
    record_file_access(request, f"setups:import_thumb/{item.pk}", case.pk)
    return send_file(request, key=about["key"], sha256=about["sha256"], name=f"{index}.webp", content_type="image/webp")


def _takes(request: PortalRequest, encoding: str) -> bool:
    """Whether the client says it takes this encoding, with a weight above zero."""
    for entry in request.headers.get("Accept-Encoding", "").split(","):
        code, _, weight = entry.strip().partition(";")
        if code.strip().lower() == encoding:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
