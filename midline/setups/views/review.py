"""The review page, and the decisions taken on it. Each decision names the content that was looked at."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from csp.decorators import csp_update
from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import get_case_or_404
from midline.conversation import services as conversation
from midline.conversation.forms import ChangesForm, ticked_from
from midline.conversation.lines import TypedLine, said, typed_lines, wanted_from
from midline.conversation.services import Wanted
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest, back_to
from midline.core.workspace import Workspace
from midline.people.policies import is_recently_authenticated
from midline.people.services import password_confirmed
from midline.setups import review as pages
from midline.setups.forms import ApproveForm, DecisionForm, PushBackForm
from midline.setups.models import SetupVersion
from midline.setups.queries import version_or_404
from midline.setups.services import decisions

View = TypeVar("View", bound=Callable[..., HttpResponse])


def viewer_page(view: View) -> View:
    """The packed models are unpacked by WebAssembly: allowed on this page alone."""
    return cast(View, cast(Any, csp_update({"script-src": "'wasm-unsafe-eval'"}))(view))


def _show(request: PortalRequest, case: Case, setup: SetupVersion, *, status: int = 200, **more: Any) -> HttpResponse:
    record_access(request, f"setup {setup.number}", [case.pk])
    return render(request, "setups/review.html", pages.page(case, setup, request.actor) | more, status=status)


@require_GET
@viewer_page
def review(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    return _show(request, case, setup)


def _decide(
    request: PortalRequest,
    case: Case,
    setup: SetupVersion,
    form: forms.Form,
    name: str,
    act: Callable[[dict[str, Any]], object],
    **typed: Any,
) -> HttpResponse:
    """Form, one service call, answer: 422 with the form open again, 409 when somebody was first, else back to the page.

    typed: what else was typed, for the form that is shown again.
    """
    if not form.is_valid():
        return _show(request, case, setup, status=422, open_form=name, bad_form=form, **typed)
    try:
        act(form.cleaned_data)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.reason)
        return _show(request, case, setup, status=422, open_form=name, bad_form=form, **typed)
    except NotAllowedNow as late:
        return _late(request, case, setup, late.reason, typed.get("lines_typed", []))
    return back_to(request, "setups:review", request.actor.workspace, case.number, setup.number)


def _late(request: PortalRequest, case: Case, setup: SetupVersion, reason: str, lines: list[TypedLine]) -> HttpResponse:
    """409: what is newer and what is different there, what was typed, and the way on."""
    base = f"/{request.actor.workspace}/cases/{case.number}/"
    case.refresh_from_db(fields=["newest_version"])
    fresh = case.newest_version
    typed = [(_("Your lines"), said(lines))]
    typed += [(_("Your words"), request.POST.get(name, "")) for name in ("words", "body")]
    newer = fresh > setup.number
    different = (_("What changed since version %(n)s") % {"n": setup.number}, f"{base}setups/{fresh}/compare/?with={setup.number}")
    context = {
        "reason": reason,
        "kept": [(label, text) for label, text in typed if text.strip()],
        "back": (_("To the case"), base),
        "different": different if newer else None,
        "primary": (_("Open version %(n)s") % {"n": fresh}, f"{base}setups/{fresh}/") if fresh else None,
    }
    return render(request, "web/409.html", context, status=409)


@require_POST
@viewer_page
def approve(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.APPROVE)
    setup = version_or_404(request.actor, case, version)
    form = ApproveForm(request.POST)
    if form.is_valid() and not _is_really_them(request, form.cleaned_data["password"]):
        typed = form.cleaned_data["password"]
        form.add_error("password", _("That is not your password. Type it again.") if typed else _("Enter your password to approve."))
    return _decide(
        request, case, setup, form, "approve",
        lambda data: decisions.setup_approve(version=setup, by=request.actor, seen_hash=data["seen_hash"], key=data["key"]),
    )  # fmt: skip


def _is_really_them(request: PortalRequest, password: str) -> bool:
    """The password typed into the form, or a passkey or code confirmed within the last minutes."""
    return password_confirmed(request=request, password=password) if password else is_recently_authenticated(request)


def _asked(request: PortalRequest, case: Case, setup: SetupVersion, send: Callable[..., object]) -> HttpResponse:
    """A change request, proposed or sent: its lines come back as they were typed when they cannot be taken."""
    form, lines, ticked = ChangesForm(request.POST), [], ticked_from(request.POST)
    try:
        lines = typed_lines(request.POST)
    except Refused as refused:
        form.add_error(None, refused.reason)
    return _decide(
        request, case, setup, form, "changes",
        lambda data: send(wanted=wanted_from(lines), words=data["words"], key=data["key"], seen_hash=data["seen_hash"], ticked=ticked),
        lines_typed=lines or [TypedLine()], ticked=ticked,
    )  # fmt: skip


@require_POST
@viewer_page
def decline(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.DECLINE_SETUP)
    setup = version_or_404(request.actor, case, version)
    return _asked(request, case, setup, lambda **asked: decisions.setup_decline(version=setup, by=request.actor, **asked))


@require_POST
@viewer_page
def propose(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.PROPOSE_CHANGES)
    setup = version_or_404(request.actor, case, version)

    def send(*, wanted: list[Wanted], words: str, key: UUID, **_rest: object) -> object:
        return conversation.request_propose(case=case, version=setup.number, by=request.actor, wanted=wanted, words=words, key=key)

    return _asked(request, case, setup, send)


@require_POST
@viewer_page
def ready(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.MARK_READY)
    setup = version_or_404(request.actor, case, version)
    return _decide(
        request, case, setup, DecisionForm(request.POST), "ready",
        lambda data: decisions.setup_mark_ready(version=setup, by=request.actor, seen_hash=data["seen_hash"], key=data["key"]),
    )  # fmt: skip


@require_POST
@viewer_page
def take_back(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.MARK_READY)
    setup = version_or_404(request.actor, case, version)
    return _decide(
        request, case, setup, DecisionForm(request.POST), "ready",
        lambda data: decisions.setup_take_ready_back(version=setup, by=request.actor, key=data["key"]),
    )  # fmt: skip


@require_POST
@viewer_page
def push_back(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.PUSH_BACK)
    setup = version_or_404(request.actor, case, version)
    return _decide(
        request, case, setup, PushBackForm(request.POST), "push_back",
        lambda data: decisions.setup_push_back(
            version=setup, by=request.actor, seen_hash=data["seen_hash"], reason=data["body"], key=data["key"]
        ),
    )  # fmt: skip
