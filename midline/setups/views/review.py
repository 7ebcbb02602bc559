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
from midline.conversation.lines import TypedLine, typed_lines, wanted_from
from midline.conversation.services import Wanted
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest, back_to
from midline.core.workspace import Workspace
from midline.people.policies import is_recently_authenticated
from midline.people.services import password_confirmed
from midline.setups import late
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
    shown = pages.page(case, setup, request.actor) | {"confirmed": is_recently_authenticated(request)}
    return render(request, "setups/review.html", shown | more, status=status)


@require_GET
@viewer_page
def review(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    # Back from the page that asks for a passkey or a code: the dialog stands open again, one press from the decision.
    asked = request.GET.get("decide") == "approve" and is_recently_authenticated(request)
    return _show(request, case, setup, open_form="approve" if asked else "")


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
    except NotAllowedNow as passed:
        return _late(request, case, setup, passed.reason, typed.get("lines_typed", []))
    return back_to(request, "setups:review", request.actor.workspace, case.number, setup.number)


def _late(request: PortalRequest, case: Case, setup: SetupVersion, reason: str, lines: list[TypedLine]) -> HttpResponse:
    """409: what is newer and what is different there, what was typed, and the way on."""
    facts = late.conflict(case, setup, request.actor, lines, request.POST)
    return render(request, "web/409.html", {"reason": reason} | facts, status=409)


@require_POST
@viewer_page
def approve(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.APPROVE)
    setup = version_or_404(request.actor, case, version)
    form = ApproveForm(request.POST)
    if form.is_valid() and (reason := _not_them(request, form.cleaned_data["password"])):
        form.add_error("password", reason)
    return _decide(
        request, case, setup, form, "approve",
        lambda data: decisions.setup_approve(version=setup, by=request.actor, seen_hash=data["seen_hash"], key=data["key"]),
    )  # fmt: skip


def _not_them(request: PortalRequest, password: str) -> str:
    """Why it is not proven who decides: nothing with the right password, or a passkey or code confirmed within the last minutes."""
    if not password:
        return "" if is_recently_authenticated(request) else _("Enter your password to approve.")
    try:
        return "" if password_confirmed(request=request, password=password) else _("That is not your password. Type it again.")
    except NotAllowedNow as too_often:
        return too_often.reason


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
def carry(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    """What was typed on another version, in the drawer of this one. Writes nothing."""
    case = get_case_or_404(request.actor, number, Action.PROPOSE_CHANGES)
    setup = version_or_404(request.actor, case, version)
    form, written = ChangesForm.empty(setup.content_hash, request.POST.get("words", "")[:4000]), request.POST.get("from", "")
    try:
        lines = late.against(setup, typed_lines(request.POST))
    except Refused:
        lines = []
    number_of = int(written) if written.isascii() and written.isdigit() and len(written) <= 6 else 0
    carried = number_of if 0 < number_of < setup.number else None
    return _show(request, case, setup, open_form="changes", bad_form=form, lines_typed=lines or [TypedLine()], carried=carried)


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
