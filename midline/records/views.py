"""Resumable uploads by the tus 1.0 protocol (core, creation, termination), the slots of a form, and the files of a case."""

import base64
import binascii
from typing import Final
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from midline.cases.actions import Action
from midline.cases.models import Order
from midline.cases.policies import actions_on, get_case_or_404, may
from midline.core.errors import NotAllowedNow, Refused
from midline.core.files import send_file
from midline.core.http import PortalRequest, back_to, safe_next
from midline.core.storage import StorageFull
from midline.core.workspace import Workspace
from midline.records import incoming, services
from midline.records.models import Slot, Upload
from midline.records.policies import may_upload, order_or_404, upload_or_404
from midline.records.queries import FILE_ACTIONS, Place, file_copy, note_file_access, places, records_of

TUS: Final = "1.0.0"
PIECE: Final = "application/offset+octet-stream"


def _tus(response: HttpResponse, **headers: str) -> HttpResponse:
    response["Tus-Resumable"] = TUS
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    response["Cache-Control"] = "no-store"
    return response


def _no(status: int, reason: str, **headers: str) -> HttpResponse:
    """A refusal that the upload script shows where the file was dropped."""
    return _tus(JsonResponse({"reason": reason}, status=status), **headers)


def _full() -> HttpResponse:
    return _no(507, _("There is no room for this file at the moment. Everything else works; try again later or tell your administrator."))


def _other_protocol(request: PortalRequest) -> HttpResponse | None:
    if request.headers.get("Tus-Resumable", TUS) == TUS:
        return None
    return _tus(HttpResponse(status=412), Tus_Version=TUS)


def _metadata(request: PortalRequest) -> dict[str, str]:
    """The pairs of Upload-Metadata: a key, a space, the value in base64. Raises Refused for what is none."""
    found: dict[str, str] = {}
    for pair in filter(None, request.headers.get("Upload-Metadata", "").split(",")):
        key, _space, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused(_("The upload's metadata cannot be read.")) from error
    return found


def _number(text: str) -> int:
    """A count of bytes as the protocol writes it, or -1."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


@require_http_methods(["POST", "OPTIONS"])
def uploads(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """Begins an upload (tus creation). Metadata: filename, order, slot, and purpose for what is no record."""
    if request.method == "OPTIONS":
        limit = str(max(services.LIMITS.values()))
        return _tus(HttpResponse(status=204), Tus_Version=TUS, Tus_Extension="creation,termination", Tus_Max_Size=limit)
    if other := _other_protocol(request):
        return other
    try:
        about = _metadata(request)
        order = order_or_404(request.actor, _number(about.get("order", "")))
        upload = _begin(request, order, about)
    except Refused as refused:
        return _no(413 if refused.field == "file" else 422, refused.reason)
    except NotAllowedNow as late:
        return _no(409, late.reason)
    except StorageFull:
        return _full()
    return _tus(HttpResponse(status=201), Location=reverse("records:upload", args=[workspace, upload.pk]), Upload_Offset="0")


def _begin(request: PortalRequest, order: Order, about: dict[str, str]) -> Upload:
    return services.upload_begin(
        order=order,
        by=request.actor,
        filename=about.get("filename", ""),
        size=_number(request.headers.get("Upload-Length", "")),
        slot=about.get("slot", ""),
        purpose=about.get("purpose", "record"),
    )


@require_http_methods(["HEAD", "GET", "PATCH", "DELETE"])
def upload(request: PortalRequest, workspace: Workspace, upload_id: UUID) -> HttpResponse:
    """Where the upload stands (HEAD; GET says it as JSON, with the outcome of the check), its next piece (PATCH), its end (DELETE)."""
    found = upload_or_404(request.actor, upload_id)
    if other := _other_protocol(request):
        return other
    if request.method == "PATCH":
        return _piece(request, found)
    if request.method == "DELETE":
        services.upload_discard(upload=found, by=request.actor)
        return _tus(HttpResponse(status=204))
    standing = {"state": found.state, "reason": found.reason, "offset": found.offset, "size": found.size}
    answer = JsonResponse(standing) if request.method == "GET" else HttpResponse()
    return _tus(answer, Upload_Offset=str(found.offset), Upload_Length=str(found.size))


def _piece(request: PortalRequest, found: Upload) -> HttpResponse:
    if request.content_type != PIECE:
        return _no(415, _("A piece of an upload has the type %(type)s.") % {"type": PIECE})
    try:
        found = services.upload_write(
            upload=found, by=request.actor, offset=_number(request.headers.get("Upload-Offset", "")), source=request
        )
    except NotAllowedNow as reason:
        return _no(409, reason.reason)
    except incoming.TooMuch:
        return _no(413, _("More bytes came than were announced."))
    except StorageFull:
        return _full()
    except Upload.DoesNotExist:
        return _no(410, _("What had come of this file is gone. Add the file again."))
    return _tus(HttpResponse(status=204), Upload_Offset=str(found.offset))


@require_POST
def send(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """Whole files by an ordinary form, for browsers without scripts: the same services, one file after the other."""
    case = get_case_or_404(request.actor, number)
    order = get_object_or_404(case.orders.select_related("case"), pk=order_id)
    refused: list[str] = []
    for slot in request.FILES:
        file = request.FILES.getlist(slot)[-1]
        try:
            begun = services.upload_begin(order=order, by=request.actor, filename=file.name or "", size=file.size or 0, slot=slot)
            services.upload_write(upload=begun, by=request.actor, offset=0, source=file)
        except (Refused, NotAllowedNow) as reason:
            refused.append(reason.reason)
        except StorageFull:
            return _full()
    if refused:
        return render(request, "records/refused.html", {"case": case, "order": order, "reasons": refused}, status=422)
    return safe_next(request, "/")


@require_GET
def place(request: PortalRequest, workspace: Workspace, number: str, order_id: int, slot: str) -> HttpResponse:
    """One slot of the form as it stands; asks again by itself while its file is being checked."""
    case = get_case_or_404(request.actor, number)
    order = get_object_or_404(case.orders.select_related("case"), pk=order_id)
    allowed = slot in Slot.values and may_upload(request.actor, order)
    shows = may(request.actor, Action.SEE_IDENTITY, case)
    found: Place | None = places(order, request.actor, (Slot(slot),), shows_names=shows)[0] if allowed else None
    if found is None:
        return HttpResponse(status=404)
    if found.record:
        note_file_access(request, case, found.record)
    return render(request, "records/_place.html", {"case": case, "order": order, "place": found})


@require_POST
def move(request: PortalRequest, workspace: Workspace, number: str, record_id: int) -> HttpResponse:
    """Puts a draft's record into the slot where it belongs, or takes it out (slot empty)."""
    case = get_case_or_404(request.actor, number)
    record = get_object_or_404(case.records.select_related("order"), pk=record_id, removed_at=None)
    try:
        if slot := request.POST.get("slot", ""):
            services.record_move(record=record, slot=slot, by=request.actor)
        else:
            services.record_remove(record=record, by=request.actor)
    except Refused as refused:
        return _no(422, refused.reason)
    except NotAllowedNow as late:
        return _no(409, late.reason)
    return back_to(request, "orders:step", workspace, number, record.order_id, 2)


@require_safe
def file(request: PortalRequest, workspace: Workspace, number: str, record_id: int, what: str) -> HttpResponseBase:
    """A file of a record: hidden case or record 404, visible but not allowed 403. Each use asks the policy."""
    case = get_case_or_404(request.actor, number, FILE_ACTIONS[what])
    record = get_object_or_404(records_of(request.actor, case), pk=record_id)
    copy = file_copy(record, what, case, actions_on(request.actor, case))
    note_file_access(request, case, record)
    return send_file(request, key=copy.key, sha256=copy.sha256, name=copy.name, content_type=copy.content_type)
