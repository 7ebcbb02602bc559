"""The conversation of a case: read, write, correct, take back; propose changes."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from midline.activity.services import record_access, record_file_access
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import get_case_or_404, may
from midline.conversation import queries, services
from midline.conversation.files import keep, sent
from midline.conversation.forms import CommentForm, EditForm, removed_from
from midline.conversation.mentions import mentioned
from midline.conversation.models import ChangeRequest, Comment, CommentFile
from midline.core.errors import NotAllowedNow, Refused
from midline.core.files import send_file
from midline.core.http import PortalRequest, safe_next
from midline.core.workspace import Workspace


def _panel(request: PortalRequest, case: Case, *, status: int = 200, **more: Any) -> HttpResponse:
    """The thread and the form below it: a fragment for htmx, a page of its own without."""
    version = more.pop("version", None) or case.newest_version or None
    form = more.setdefault("form", CommentForm.empty(version))
    talk = queries.talk_of(case, request.actor)
    context = (
        queries.panel(case, request.actor, talk)
        | {"pin_list": queries.pins_json(talk, version) if version else None}
        | {"case": case, "version": version, "replying": _replying(request, case, form)}
        | more
    )
    record_access(request, "conversation", [case.pk])
    template = "conversation/_panel.html" if request.htmx else "conversation/page.html"
    return render(request, template, context, status=status)


def _replying(request: PortalRequest, case: Case, form: CommentForm) -> Comment | None:
    """The comment that the form answers, where it is one that the reader sees."""
    value = str(form["reply_to"].value() or "")
    return queries.replied_to(case, request.actor, int(value)) if value.isascii() and value.isdigit() and len(value) <= 15 else None


@require_GET
def conversation(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.READ_CONVERSATION)
    asked = request.GET.get("reply", "")
    reply_to = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 15 else None
    response = _panel(request, case, form=CommentForm.empty(case.newest_version or None, reply_to))
    if not request.htmx:
        services.conversation_read(case=case, by=request.actor)
    return response


@require_POST
def conversation_read(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    """The thread was before the reader's eyes up to a comment. Says how many stay unread: {"unread": 0}."""
    case = get_case_or_404(request.actor, number, Action.READ_CONVERSATION)
    text = request.POST.get("up_to", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return JsonResponse({"error": _("Name the newest comment that was shown.")}, status=422)
    return JsonResponse({"unread": services.conversation_read(case=case, by=request.actor, up_to=int(text))})


@require_POST
def comment(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.COMMENT)
    form = CommentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _panel(request, case, status=422, form=form)
    data = form.cleaned_data
    try:
        kept = keep(request.FILES.getlist("files"))
        services.comment_add(
            case=case, by=request.actor, body=data["body"], key=data["key"], version=data["version"], pin=data["pin"],
            mentions=mentioned(data["body"], queries.people_to_mention(case, request.actor)), reply_to=data["reply_to"], files=kept,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.reason)
        return _panel(request, case, status=422, form=form)
    return _panel(request, case, version=data["version"]) if request.htmx else safe_next(request, case_address(request, case))


def case_address(request: PortalRequest, case: Case) -> str:
    return f"/{request.actor.workspace}/cases/{case.number}/"


@require_POST
def comment_edit(request: PortalRequest, workspace: Workspace, number: str, comment_id: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.COMMENT)
    found = get_object_or_404(queries.thread(case, request.actor), pk=comment_id)
    form = EditForm(request.POST, request.FILES)
    if not form.is_valid():
        return _panel(request, case, status=422, editing=found.pk, edit_form=form)
    data, people = form.cleaned_data, queries.people_to_mention(case, request.actor)
    try:
        services.comment_edit(
            comment=found, by=request.actor, body=data["body"], key=data["key"], mentions=mentioned(data["body"], people),
            files=keep(request.FILES.getlist("files")), remove=removed_from(request.POST),
        )  # fmt: skip
    except Refused as refused:
        form.add_error("body", refused.reason)
        return _panel(request, case, status=422, editing=found.pk, edit_form=form)
    except NotAllowedNow as late:
        return _panel(request, case, status=409, notice=late.reason)
    return _panel(request, case) if request.htmx else safe_next(request, case_address(request, case))


@require_POST
def comment_delete(request: PortalRequest, workspace: Workspace, number: str, comment_id: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.COMMENT)
    found: Comment = get_object_or_404(queries.thread(case, request.actor), pk=comment_id)
    services.comment_delete(comment=found, by=request.actor)
    return _panel(request, case) if request.htmx else safe_next(request, case_address(request, case))


@require_safe
def comment_file(request: PortalRequest, workspace: Workspace, number: str, file_id: int, what: str) -> HttpResponseBase:
    """A file beside a comment; each use asks the policy. The lab reads none."""
    case = get_case_or_404(request.actor, number, Action.READ_CONVERSATION)
    file = get_object_or_404(CommentFile, pk=file_id, comment__case=case, comment__deleted_at=None)
    copy = sent(file, what, case.number or "", names=may(request.actor, Action.SEE_IDENTITY, case))
    record_file_access(request, f"conversation:file/{file.pk}", case.pk)
    return send_file(request, key=copy.key, sha256=copy.sha256, name=copy.name, content_type=copy.content_type)


@require_POST
def request_withdraw(request: PortalRequest, workspace: Workspace, number: str, request_id: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.PROPOSE_CHANGES)
    found: ChangeRequest = get_object_or_404(queries.change_requests(case, request.actor), pk=request_id)
    try:
        services.request_withdraw(request=found, by=request.actor)
    except NotAllowedNow as late:
        return _panel(request, case, status=409, notice=late.reason)
    return _panel(request, case) if request.htmx else safe_next(request, case_address(request, case))
