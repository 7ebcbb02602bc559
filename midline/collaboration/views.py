"""The invited person: the invitation and its answer, completing the registration, and leaving.

What an address shows to whom: a link that opens nothing (used, withdrawn, expired, never made) is one page with one status; an open link
without a session leads to signing in or to completing the registration. A GET changes nothing: mail scanners follow links.
"""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.collaboration import queries, services
from midline.collaboration.forms import AcceptForm, AgainForm, DeclineForm, RegisterForm
from midline.collaboration.models import Collaboration, Grant, Invitation
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest, back_to, client_address
from midline.jobs import services as jobs
from midline.people import services as people
from midline.people.forms import refuse
from midline.people.models import User
from midline.people.passkeys import passkey_begin, passkey_checked
from midline.practices.models import Practice

AFTER = "/collaborator/cases/"


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "collaboration/closed.html", status=404)


def _wrong_person(request: HttpRequest) -> HttpResponse:
    return render(request, "collaboration/wrong_person.html", status=403)


def _facts(found: Invitation) -> dict[str, object]:
    """What is granted and what is not, before the answer."""
    row = found.collaboration
    return {
        "invitation": found,
        "collaboration": row,
        "provider": row.provider,
        "practices": list(Practice.objects.filter(provider=row.provider).values_list("name", flat=True)),
        "granted": [grant for grant in Grant if grant in row.granted],
        "withheld": [grant for grant in Grant if grant not in row.granted],
        "terms": queries.consent_texts_in_force().get("terms"),
        "decline": DeclineForm(prefix="no"),
    }


@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What is granted, and the answer of a signed-in person."""
    found = queries.open_invitation(token)
    if found is None:
        return _closed(request)
    if not isinstance(request.user, User):
        known = found.person_id or queries.account_of(found.email)
        return redirect_to_login(request.path) if known else redirect("collaboration:register", token)
    if not queries.belongs_to(found, request.user):
        return _wrong_person(request)
    form = AcceptForm(request.POST or None, initial={"revision": found.collaboration.revision})
    status = 200
    if request.method == "POST":
        answered, status = _accept(request, token, form)
        if answered is not None:
            return answered
        found = queries.open_invitation(token) or found
    return _show(request, "collaboration/invitation.html", found, form, status)


def _accept(request: HttpRequest, token: str, form: AcceptForm) -> tuple[HttpResponse | None, int]:
    """(the answer, 200), or (None, the status with which the page shows again)."""
    assert isinstance(request.user, User)
    if not form.is_valid():
        return None, 422
    try:
        services.invitation_accept(token=token, by=request.user, **_answer(request, form))
    except services.InvitationClosed:
        return _closed(request), 404
    except NotAllowedNow as reason:
        messages.error(request, reason.reason)
        return None, 409
    return redirect(AFTER), 200


def _answer(request: HttpRequest, form: AcceptForm) -> dict[str, Any]:
    return {
        "seen_revision": form.cleaned_data["revision"],
        "seen_terms": form.cleaned_data["terms"],
        "accepts_terms": form.cleaned_data["accept"],
        "address": client_address(request) or None,
    }


def _show(request: HttpRequest, template: str, found: Invitation, form: AcceptForm, status: int) -> HttpResponse:
    """The page, always with the grants as they are now: what the next answer is bound to."""
    context = _facts(found) | {"form": form, "revision": found.collaboration.revision, "token": queries.token_of(found)}
    return render(request, template, context, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, token: str) -> HttpResponse:
    """Complete registration: for an address without an account. The link proved the address, so no second mail is needed."""
    found = queries.open_invitation(token)
    if found is None:
        return _closed(request)
    if not _is_to_register(request, found):
        return redirect("collaboration:invitation", token)
    row = found.collaboration
    given = {"first_name": row.first_name, "last_name": row.last_name, "language": get_language(), "revision": row.revision}
    form = RegisterForm(request.POST or None, initial=given)
    status = 200
    if request.method == "POST":
        answered, status = _register(request, found, form)
        if answered is not None:
            return answered
        found = queries.open_invitation(token) or found
    return _show(request, "collaboration/register.html", found, form, status)


def _is_to_register(request: HttpRequest, found: Invitation) -> bool:
    """Nobody is signed in here, and the address has no account."""
    return not (isinstance(request.user, User) or found.person_id or queries.account_of(found.email))


@login_not_required
@require_POST
def passkey(request: HttpRequest, token: str) -> HttpResponse:
    """What the browser needs to make the passkey of the account that is being registered, as JSON."""
    found = queries.open_invitation(token)
    if found is None or not _is_to_register(request, found):
        raise Http404
    if not ratelimit.consume(request, action="signup"):
        return HttpResponse(status=429)
    return JsonResponse(passkey_begin(request=request, address=found.email, name=found.collaboration.first_name))


def _register(request: HttpRequest, found: Invitation, form: RegisterForm) -> tuple[HttpResponse | None, int]:
    """As _accept; the new person is signed in."""
    if not ratelimit.consume(request, action="signup"):
        messages.error(request, _("That was too often. Wait a minute and try again."))
        return None, 429
    if not form.is_valid():
        return None, 422
    given = {name: form.cleaned_data[name] for name in ("first_name", "last_name", "language", "numbering")}
    try:
        way = _way_in(request, found, form)
        user, _row = services.invitation_register(token=queries.token_of(found), **way, **given, **_answer(request, form))
    except services.InvitationClosed:
        return _closed(request), 404
    except Refused as refused:
        refuse(form, refused)
        return None, 422
    except NotAllowedNow as reason:
        messages.error(request, reason.reason)
        return None, 409
    people.session_begin(request=request, user=user)
    if form.with_passkey:
        messages.success(request, _("Your passkey signs you in. Keep your recovery codes safe: My Account, Security, Second factor."))
    return redirect(AFTER), 200


def _way_in(request: HttpRequest, found: Invitation, form: RegisterForm) -> dict[str, Any]:
    """The password, or the passkey that the browser made. Raises Refused."""
    if not form.with_passkey:
        return {"password": form.cleaned_data["password"]}
    return {"passkey": passkey_checked(request=request, address=found.email, credential=form.cleaned_data["credential"])}


@login_not_required
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """No, with a reason if there is one; asked first on a page of its own where there is no dialog."""
    form = DeclineForm(request.POST if request.method == "POST" else None, prefix="no")
    if not form.is_valid():
        return _declining(request, token, form)
    try:
        by = request.user if isinstance(request.user, User) else None
        row = services.invitation_decline(token=token, by=by, reason=form.cleaned_data["reason"])
    except services.InvitationClosed:
        return _closed(request)
    except services.WrongPerson:
        return _wrong_person(request)
    except Refused as refused:
        refuse(form, refused)
        return _declining(request, token, form)
    return render(request, "collaboration/declined.html", {"provider": row.provider})


def _declining(request: HttpRequest, token: str, form: DeclineForm) -> HttpResponse:
    found = queries.open_invitation(token)
    if found is None:
        return _closed(request)
    if isinstance(request.user, User):
        if not queries.belongs_to(found, request.user):
            return _wrong_person(request)
    elif found.person_id or queries.account_of(found.email):
        return redirect_to_login(request.path)
    context = {"decline": form, "token": token, "provider": found.collaboration.provider}
    return render(request, "collaboration/decline.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Sends the open invitations of an address once more. The answer is the same whether or not there are any."""
    form = AgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        if not ratelimit.consume(request, action="reset_password", key=address):
            return render(request, "collaboration/again.html", {"form": form, "too_many": True}, status=429)
        jobs.enqueue("collaboration.again", {"address": address}, key=f"collaboration.again:{address}")
        return render(request, "collaboration/again.html", {"sent": True})
    return render(request, "collaboration/again.html", {"form": form}, status=422 if form.is_bound else 200)


@login_not_required
@require_GET
def text(request: HttpRequest, kind: str) -> HttpResponse:
    """One of the two texts, as it is in force."""
    found = queries.consent_texts_in_force().get(kind)
    if found is None:
        raise Http404
    return render(request, "collaboration/text.html", {"text": found})


@require_GET
def collaborations(request: PortalRequest) -> HttpResponse:
    """Who shares with me and what each grants; invitations that wait for my answer."""
    mine = list(queries.collaborations_with(request.user))
    waiting = [(found, queries.invitation_link(found)) for found in _waiting(request.user)]
    return render(request, "collaboration/collaborations.html", {"collaborations": mine, "waiting": waiting, "grants": list(Grant)})


def _waiting(user: User) -> list[Invitation]:
    return list(queries.open_invitations().filter(person=user).select_related("collaboration__provider__person"))


@require_http_methods(["GET", "POST"])
def leave(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    """Ends the collaboration from the collaborator's side; asked first on a page of its own where there is no dialog."""
    row = get_object_or_404(Collaboration, pk=collaboration_id, person=request.user, state=Collaboration.State.ACTIVE)
    if request.method == "GET":
        return render(request, "collaboration/leave.html", {"row": row})
    services.collaboration_leave(collaboration=row, by=request.user)
    messages.success(request, _("You left. %(name)s was told.") % {"name": row.provider.name})
    return back_to(request, "collaboration:collaborations")
