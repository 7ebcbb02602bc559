"""Live updates: a poll every four seconds of one address. 204 when nothing is new."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from midline.cases.policies import get_case_or_404
from midline.conversation.here import look
from midline.core.http import PortalRequest
from midline.core.ids import digest
from midline.core.workspace import Workspace
from midline.web import queries


@require_safe
def case_updates(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    """What changed on a case since event `after`, by region of its page. 404 from the moment access ends.

    `here`: the version that the page shows; the answer then says who else looks at the case, when that is not what `around` names.
    """
    case = get_case_or_404(request.actor, number)
    last, changed = queries.case_news(request.actor, case, _after(request))
    news: dict[str, Any] = {"last": last, "changed": changed}
    if version := _number(request.GET.get("here", "")):
        html = render_to_string("setups/_here_now.html", {"others": look(case, request.actor, version)}).strip()
        mark = digest(html)[:16] if html else ""
        news |= {} if mark == request.GET.get("around", "") else {"here": {"mark": mark, "html": html}}
    return JsonResponse(news) if changed or "here" in news else HttpResponse(status=204)


@require_safe
def workspace_updates(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """Whether anything happened on a case that a list of this workspace shows. The list says what it shows (`cases`, `all`).

    From where to ask next stands in the answer, in a header when it is empty, so that what was looked at once is not looked at again.
    """
    news = queries.workspace_news(request.actor, _after(request), request.GET.get("seen", "")[:40], _shown(request))
    if news.changed:
        return JsonResponse({"last": news.last, "seen": news.seen, "changed": ["list"]})
    return HttpResponse(status=204, headers={"Midline-Last": str(news.last), "Midline-Seen": news.seen})


def _shown(request: HttpRequest) -> queries.Shown:
    """What the list says it shows. What is no number counts as not said."""
    named = [number for number in request.GET.get("cases", "").split(",")[:60] if _number(number) is not None]
    return queries.Shown(frozenset(named), _number(request.GET.get("all", "")), _number(request.GET.get("provider", "")))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _after(request: HttpRequest) -> int:
    """The event that the page has shown. What is no number counts as none."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
