"""Change requests: the lab answers each line, done or not possible and why."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.policies import get_case_or_404
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.conversation.services import item_answer
from midline.core.errors import Refused
from midline.core.http import PortalRequest, safe_next
from midline.core.workspace import Workspace
from midline.lab.changes import change_list


@require_safe
def changes(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.READ_SENT_REQUESTS)
    record_access(request, "lab:changes", [case.pk])
    template = "lab/_changes.html" if request.htmx else "lab/changes.html"
    return render(request, template, {"changes": change_list(case, request.actor), "next": request.get_full_path()})


@require_POST
def answer(request: PortalRequest, workspace: Workspace, number: str, item_id: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.ANSWER_REQUESTS)
    item = get_object_or_404(ChangeItem, pk=item_id, request__case=case, request__state=ChangeRequest.State.SENT)
    words, error = request.POST.get("words", ""), ""
    try:
        item_answer(item=item, answer=request.POST.get("answer", ""), words=words, by=request.actor)
    except Refused as refused:
        error = refused.reason
    if request.htmx or error:
        record_access(request, "lab:changes", [case.pk])
        context = {"changes": change_list(case, request.actor), "wrong": item.pk, "error": error, "words": words}
        template = "lab/_changes.html" if request.htmx else "lab/changes.html"
        return render(request, template, context | {"next": request.POST.get("next", "")}, status=422 if error else 200)
    return safe_next(request, reverse("lab:changes", args=[workspace, number]))
