"""My Account, Collaborator(s): consent first, then adding; the list of those who are there; changing and ending.

Everything is the provider's own: for everybody else these pages do not exist.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from midline.activity.queries import newest_accesses
from midline.cases.forms.collaborators import CollaboratorForm, PermissionsForm
from midline.cases.models import CollaborationCount
from midline.cases.policies import cases_for
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, ConsentText, Grant, Invitation
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest, back_to, client_address
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.forms import refuse

DAY = timedelta(days=1)
LOOKED_AT = 50
IDS_AT_ONCE = 10_000
TONES = {"mentor": "peer", "planning": "lab", "clinician": "good", "staff": "idle"}


@dataclass(frozen=True)
class Line:
    """One collaborator of the list."""

    row: Collaboration
    cases: int
    invitation: Invitation | None
    seen_at: datetime | None
    earlier: list[queries.Earlier]

    @property
    def days_left(self) -> int | None:
        """Whole days in which the invitation can still be answered; None when it has run out or was answered."""
        return max(ceil((self.invitation.expires_at - clock.now()) / DAY), 0) if self.invitation else None

    @property
    def tone(self) -> str:
        return TONES[self.row.relation] if self.row.state == Collaboration.State.ACTIVE else "idle"

    @property
    def grants(self) -> list[str]:
        return [str(grant.label) for grant in Grant if grant in self.row.granted]


def _provider_or_404(request: PortalRequest) -> int:
    if request.actor.provider_id is None:
        raise Http404
    return request.actor.provider_id


def _own_or_404(request: PortalRequest, collaboration_id: int) -> Collaboration:
    return get_object_or_404(Collaboration, pk=collaboration_id, provider_id=_provider_or_404(request))


def _as_provider(request: PortalRequest) -> Any:
    """The same person on their own cases: for counts of this page."""
    return cases_for(replace(request.actor, workspace=Workspace.PROVIDER))


def _lines(request: PortalRequest, rows: list[Collaboration], texts: dict[str, ConsentText]) -> list[Line]:
    counted = CollaborationCount.objects.filter(collaboration__in=rows).values_list("collaboration").annotate(n=Sum("count"))
    cases = dict(counted)
    waiting = {sent.collaboration_id: sent for sent in Invitation.objects.filter(collaboration__in=rows, withdrawn_at=None, used_at=None)}
    # Only of those who accepted: reading for an invited person who has an account would take longer than for one who has none.
    seen = _seen(request, [row.person_id for row in rows if row.person_id and row.state == Collaboration.State.ACTIVE])
    return [
        Line(row, cases.get(row.pk, 0), waiting.get(row.pk), seen.get(row.person_id or 0), queries.earlier_texts(row, texts))
        for row in rows
    ]


def _seen(request: PortalRequest, people: list[int]) -> dict[int, datetime]:
    """When each of these people last looked at a case of this provider: from the access log, at most LOOKED_AT of its newest rows a person.

    What they do for other providers stays out of it.
    """
    looks = newest_accesses(people, Workspace.COLLABORATOR, LOOKED_AT)
    first = {person: (at, ids) for person, at, ids in reversed(looks)}
    seen = _own_looks(request, [(person, at, ids) for person, (at, ids) in first.items()])
    # Most are found by their newest look; the others, who work for several providers, by all that was read.
    return _own_looks(request, [look for look in looks if look[0] not in seen]) | seen


def _own_looks(request: PortalRequest, looks: list[tuple[int, datetime, set[int]]]) -> dict[int, datetime]:
    """Of looks, newest first, each person's newest at a case of this provider. In slices: a database takes only so many values at once."""
    shown = sorted({pk for _person, _at, ids in looks for pk in ids})
    own: set[int] = set()
    for start in range(0, len(shown), IDS_AT_ONCE):
        own.update(_as_provider(request).filter(pk__in=shown[start : start + IDS_AT_ONCE]).values_list("pk", flat=True))
    seen: dict[int, datetime] = {}
    for person, at, ids in looks:
        if ids & own:
            seen.setdefault(person, at)
    return seen


def _page(request: PortalRequest, form: CollaboratorForm, *, status: int = 200, consent_error: str = "") -> HttpResponse:
    provider_id = _provider_or_404(request)
    texts = queries.consent_texts_in_force()
    context = {
        "form": form,
        "texts": texts,
        "current": queries.consent_is_current(provider_id),
        "consents": queries.consents_of(provider_id),
        "consent_error": consent_error,
        "ticked": [request.POST.get(kind, "") for kind in ("consent", "terms")],
        "lines": _lines(request, list(queries.collaborations_of(provider_id)), texts),
        "key": new_key(),
        "added": request.GET.get("added", ""),
        "ended": queries.ended_of(provider_id),
        "known": queries.known_addresses(provider_id),
        "all": _as_provider(request).count(),
    }
    return render(request, "cases/account_collaborators.html", context, status=status)


@require_http_methods(["GET", "POST"])
def account_collaborators(request: PortalRequest) -> HttpResponse:
    """The page, and adding somebody. Works without JavaScript: the first POST ticks, the next ones add."""
    provider_id = _provider_or_404(request)
    if request.method == "GET":
        form = CollaboratorForm(initial=_again(request, provider_id))
        form.fields["email"].widget.attrs["autofocus"] = "added" in request.GET
        return _page(request, form)
    form = CollaboratorForm(request.POST)
    if not queries.consent_is_current(provider_id):
        if not _ticks_texts_in_force(request):
            return _page(request, form, status=422, consent_error=str(services.CONSENT_MISSING))
        services.consent_give(by=request.actor, address=client_address(request) or None)
    if "confirm" in request.POST:
        return redirect("cases:account_collaborators")
    return _add(request, form)


def _ticks_texts_in_force(request: PortalRequest) -> bool:
    """Both boxes are ticked, and for the versions that are in force now: a box says which version it stood beside."""
    texts = queries.consent_texts_in_force()
    return bool(texts) and all(request.POST.get(kind) == str(text.version) for kind, text in texts.items())


def _again(request: PortalRequest, provider_id: int) -> dict[str, Any]:
    """Somebody who was here before, filled in; what they were granted is chosen anew."""
    asked = request.GET.get("again", "")
    if not (asked.isascii() and asked.isdigit()):
        return {}
    row = Collaboration.objects.filter(pk=int(asked) % 2**63, provider_id=provider_id).first()
    return {name: getattr(row, name) for name in ("email", "first_name", "last_name", "relation")} if row else {}


def _add(request: PortalRequest, form: CollaboratorForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, form, status=422)
    person = {name: form.cleaned_data[name] for name in ("email", "first_name", "last_name", "message")}
    try:
        row = services.collaborator_add(by=request.actor, key=_key(request), **person, **form.terms())
    except Refused as refused:
        refuse(form, refused)
        return _page(request, form, status=422)
    except NotAllowedNow as late:
        form.add_error(None, late.reason)
        return _page(request, form, status=409)
    except services.TooMany:
        form.add_error(None, _("You have sent 100 invitations within a day. Go on tomorrow."))
        return _page(request, form, status=429)
    invited = row.state == Collaboration.State.INVITED
    words = _("An invitation was sent to %(name)s.") if invited else _("What %(name)s may do was saved.")
    messages.success(request, words % {"name": row.name})
    # The page takes the focus to the e-mail address again, so that several are added in a row.
    return redirect(f"{reverse('cases:account_collaborators')}?added={row.pk}")


def _key(request: PortalRequest) -> UUID | None:
    """The key that the form was shown with; None for one that is missing or no key."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None


@require_POST
def account_lookup(request: PortalRequest) -> HttpResponse:
    """Fills in the name for a complete address: of somebody this provider knows, or of somebody who allows being found.

    For everybody else the same bytes: who has no account and who hides cannot be told apart.
    """
    provider_id = _provider_or_404(request)
    typed = request.POST.get("email", "")
    known = Collaboration.objects.filter(provider_id=provider_id, email=typed.strip().lower()).order_by("-id").first()
    context: dict[str, Any] = {"known": known}
    try:
        context["found"] = None if known else services.person_look_up(by=request.actor, email=typed)
    except Refused:
        return HttpResponse(status=422)
    except services.TooMany:
        return render(request, "cases/account_collaborators_lookup.html", {"too_many": True}, status=429)
    return render(request, "cases/account_collaborators_lookup.html", context)


@require_http_methods(["GET", "POST"])
def account_collaborator(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    """What one collaborator may do."""
    row = _own_or_404(request, collaboration_id)
    if row.state == Collaboration.State.ENDED:
        return _late(request, _("The collaboration with %(name)s has ended. Invite them again to begin a new one.") % {"name": row.name})
    form = PermissionsForm(request.POST or None, initial=PermissionsForm.values_of(row))
    if request.method == "GET" or not form.is_valid():
        return _edit(request, row, form, 200 if request.method == "GET" else 422)
    try:
        event = services.collaboration_change(
            collaboration=row, by=request.actor, seen_revision=_number(request, "revision"), **form.terms()
        )
    except Refused as refused:
        refuse(form, refused)
        return _edit(request, row, form, 422)
    except NotAllowedNow as late:
        return _clash(request, row, form, late)
    undo = reverse("cases:account_change_undo", args=[event.pk]) if event else ""
    messages.success(request, _("What %(name)s may do was saved.") % {"name": row.name}, extra_tags=undo)
    return back_to(request, "cases:account_collaborators")


def _clash(request: PortalRequest, row: Collaboration, form: PermissionsForm, late: NotAllowedNow) -> HttpResponse:
    """The form again, with what was typed and what stands now beside it; saving it once more puts it in place."""
    row.refresh_from_db()
    if row.state == Collaboration.State.ENDED:
        return _late(request, late.reason)
    return _edit(request, row, form, 409) if form.differences(row) else back_to(request, "cases:account_collaborators")


def _number(request: PortalRequest, name: str) -> int:
    sent = request.POST.get(name, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _edit(request: PortalRequest, row: Collaboration, form: PermissionsForm, status: int) -> HttpResponse:
    [line] = _lines(request, [row], queries.consent_texts_in_force())
    clash = form.differences(row) if status == 409 else []
    context = {"row": row, "line": line, "form": form, "all": _as_provider(request).count(), "revision": row.revision, "clash": clash}
    return render(request, "cases/account_collaborators_edit.html", context, status=status)


def _late(request: PortalRequest, reason: str) -> HttpResponse:
    primary = (_("Back to Collaborator(s)"), reverse("cases:account_collaborators"))
    return render(request, "web/409.html", {"reason": reason, "primary": primary}, status=409)


@require_POST
def account_change_undo(request: PortalRequest, event_id: int) -> HttpResponse:
    """Takes a change of permissions back while its toast stands."""
    _provider_or_404(request)
    try:
        row = services.collaboration_change_undo(event_id=event_id, by=request.actor)
    except PermissionDenied:
        raise Http404 from None  # somebody else's change answers as one that never was
    except NotAllowedNow as late:
        return _late(request, late.reason)
    messages.success(request, _("Undone. %(name)s may do what they could before.") % {"name": row.name})
    return back_to(request, "cases:account_collaborators")


@require_POST
def account_resend(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    row = _own_or_404(request, collaboration_id)
    try:
        services.invitation_resend(collaboration=row, by=request.actor, seen=_number(request, "seen"))
    except NotAllowedNow as late:
        return _late(request, late.reason)
    except services.TooMany:
        messages.error(request, _("You have sent 100 invitations within a day. Go on tomorrow."))
    else:
        messages.success(request, _("The invitation was sent to %(name)s again. The earlier link no longer works.") % {"name": row.name})
    return back_to(request, "cases:account_collaborators")


@require_POST
def account_withdraw(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    row = _own_or_404(request, collaboration_id)
    try:
        services.invitation_withdraw(collaboration=row, by=request.actor)
    except NotAllowedNow as late:
        return _late(request, late.reason)
    messages.success(request, _("The invitation of %(name)s was withdrawn.") % {"name": row.name})
    return back_to(request, "cases:account_collaborators")


@require_POST
def account_remove(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    """Ends the collaboration: from the next request nothing is left to see."""
    row = _own_or_404(request, collaboration_id)
    services.collaboration_revoke(collaboration=row, by=request.actor)
    messages.success(request, _("%(name)s was removed and sees none of your cases any more.") % {"name": row.name})
    return back_to(request, "cases:account_collaborators")
