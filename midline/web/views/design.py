"""The parts of the portal in all their states, for those who build and check it. Exists with DEBUG only."""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from midline.cases.models import CollaboratorStatus, Status, Turn
from midline.core import clock
from midline.web.views import faults


class SampleForm(forms.Form):
    """One field of every kind."""

    email = forms.EmailField(label=_("E-mail address"), max_length=120)
    first_name = forms.CharField(label=_("First name"), max_length=80)
    steps = forms.IntegerField(label=_("Limit to steps"), min_value=1, max_value=99, help_text=_("From 1 to 99."))
    ends_on = forms.DateField(label=_("Ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    relation = forms.ChoiceField(
        label=_("What they are to you"), choices=[("clinician", pgettext_lazy("relation", "Clinician")), ("staff", _("Staff"))]
    )
    arches = forms.ChoiceField(
        label=_("Arches to treat"),
        choices=[("both", _("Both")), ("upper", _("Upper")), ("lower", _("Lower"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which arches the lab plans.")},
    )
    message = forms.CharField(label=_("Message"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    password = forms.CharField(label=_("Your password"), widget=forms.PasswordInput)
    consent = forms.BooleanField(label=_("My patients have consented to sharing their records with the people I add."))
    download = forms.BooleanField(
        label=_("Download"),
        help_text=_("Original records and setup models, as files."),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "toggle mt-0.5"}),
    )


@login_not_required
def design(request: HttpRequest) -> HttpResponse:
    """The page of parts; a POST shows what a refused form looks like, or redirects with a toast."""
    form = SampleForm(request.POST or None)
    theme = request.GET.get("theme", "")
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "web/design.html", {"form": form, "shown_theme": theme, **_samples()}, status=status)


@login_not_required
def part(request: HttpRequest, part: str) -> HttpResponse:
    """A fragment that a popover or a drawer of the page fetches."""
    if part not in {"collaborators", "rows"}:
        raise Http404
    return render(request, f"web/_design_{part}.html", _samples())


@login_not_required
@require_POST
def toast(request: HttpRequest) -> HttpResponse:
    """A toast that an htmx answer brings along."""
    said = {"text": "24 cases shared with Tomás Arriaga Núñez.", "undo": "/design/"}
    return trigger_client_event(HttpResponse(status=204), "midline:toast", said)


@login_not_required
def fault(request: HttpRequest, code: int) -> HttpResponse:
    """A fault as people see it."""
    if code == 500:
        return faults.server_error(request)
    if code == 409:
        return faults.conflict(
            request,
            "Your approval of version 3 was not recorded. Only the newest version can be decided on; look at it first.",
            title="Version 4 was published meanwhile",
            rows=[("You looked at", "Version 3, 14 Nov"), ("Newest", "Version 4, today 10:39")],
            kept=[("Your comment", "The midline is right now; close the space at 22.")],
            back=("Stay on version 3", "/design/"),
            primary=("See what changed", "/design/"),
        )
    known = {400: faults.bad_request, 403: faults.forbidden, 404: faults.not_found}
    return known.get(code, faults.not_found)(request, Http404())


def _samples() -> dict[str, object]:
    now = clock.now()
    people = [("Tomás Arriaga Núñez", "peer"), ("Lindqvist Planlegging", "lab"), ("Priya Raghunathan", "good")]
    ready, evaluating, awaiting = CollaboratorStatus.READY, CollaboratorStatus.EVALUATING, CollaboratorStatus.AWAITING_SETUP
    rows = [
        ("0104217", "Zofia Dąbrowska", Status.AWAITING_APPROVAL, "v3", 3, ready, 2, Turn.PROVIDER, timedelta(minutes=12)),
        ("0104198", "Mateus Conceição", Status.AWAITING_APPROVAL, "v1", 2, evaluating, 0, Turn.COLLABORATOR, timedelta(hours=1)),
        ("0104183", "Aoife Ní Bhriain", Status.RECORDS_NEEDED, "Lower scan missing", 1, awaiting, 0, Turn.PROVIDER, timedelta(hours=5)),
        ("0104160", "Chloë van den Broek", Status.IN_PRODUCTION, "", 1, awaiting, 0, Turn.LAB, timedelta(days=1)),
        ("0104097", "Beatriz Muñoz Echeverría", Status.IN_TREATMENT, "", 0, None, 0, Turn.NOBODY, timedelta(days=8)),
    ]  # fmt: skip
    names = ("number", "patient", "status", "detail", "count", "evaluation", "unread", "turn", "past")
    return {
        "statuses": list(Status),
        "evaluations": list(CollaboratorStatus),
        "turns": list(Turn),
        "people": [SimpleNamespace(name=name, tone=tone) for name, tone in people],
        "rows": [SimpleNamespace(**dict(zip(names, row, strict=True)), at=now - row[-1]) for row in rows],
        "tabs": [
            {"label": "All", "url": "#", "count": 148, "current": True},
            {"label": "Action Needed", "url": "#", "count": 5, "tone": "act"},
            {"label": "In Progress", "url": "#", "count": 61},
            {"label": "Conversation", "url": "#", "unread": 2},
        ],
        "whens": [("now", "Instantly"), ("daily", "Daily summary"), ("off", "Off")],
        "events": [
            {"label": "Your cases", "rows": [{"name": "e1", "label": "Treatment setup ready for review", "value": "now"},
                                             {"name": "e2", "label": "Shipped", "help": "With the tracking number", "value": "daily"}]},
            {"label": "Your account", "note": "always sent at once",
             "rows": [{"label": "New sign-in", "locked": "Instantly, cannot be switched off"}]},
        ],
        "tones": ["act", "lab", "peer", "good", "stop", "idle"],
        "surfaces": ["--color-base-100", "--color-base-200", "--color-base-300", "--ml-line", "--ml-edge", "--color-base-content",
                     "--ml-ink-2", "--ml-ink-3", "--color-primary", "--ml-accent-soft"],
    }  # fmt: skip
