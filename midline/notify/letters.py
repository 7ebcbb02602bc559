"""A message put into words for one reader, and the e-mail made of it: text and HTML, dark and plain."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from midline.cases.models import Case, RecordNeed, Share
from midline.cases.queries import evaluating_collaborations, standing_of
from midline.collaboration.models import Collaboration, Grant
from midline.core.languages import spoken
from midline.core.workspace import Workspace
from midline.jobs.posting import HEADERS
from midline.notify.kinds import KINDS
from midline.notify.links import address_of, settings_address, unsubscribe_address
from midline.notify.models import Delivery
from midline.notify.rows import ROWS, row_of
from midline.notify.words import plain_name, words_of
from midline.people.policies import Actor
from midline.records.models import Slot

# Groups of capitals and digits, each with a digit unless it is short: never a name.
TRACKING = re.compile(r"(?=.*\d)(?:[A-Z]{1,4}|[A-Z]{0,4}\d[A-Z0-9]*)(?:[ .-](?:[A-Z]{1,4}|[A-Z]{0,4}\d[A-Z0-9]*))*")
BASIS = gettext_lazy("See shared cases, comment, mark Ready for Approval")


@dataclass(frozen=True)
class Line:
    """One line of a list: words, and where they lead."""

    words: str
    address: str


@dataclass(frozen=True)
class Letter:
    """What an e-mail says, in the language that is active. One button; `lists` is for the daily summary."""

    subject: str
    title: str
    says: str
    button: str
    address: str
    tag: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, list[Line]]] = field(default_factory=list)
    why: str = ""
    settings_address: str = ""
    unsubscribe_address: str = ""

    @property
    def preview(self) -> str:
        """The first line that an inbox shows beside the subject."""
        first = "; ".join(value for _label, value in self.facts[1:3])
        return " ".join(part for part in (f"{self.tag}." if self.tag else "", first or self.says) if part)


def language_of(delivery: Delivery) -> str:
    """The reader's language; before there is an account, that of the provider who invites."""
    if delivery.person is not None:
        return spoken(delivery.person.language)
    found = Collaboration.objects.filter(pk=delivery.collaboration_id or 0).values_list("provider__person__language", flat=True).first()
    return spoken(found)


def compose(delivery: Delivery) -> Letter:
    """The letter of a message, with what holds at this moment. The caller has asked policies.reason_to_drop."""
    kind, context = KINDS[delivery.kind], words_of(delivery)
    case = Case.objects.select_related("practice", "provider__person", "current_order").filter(pk=delivery.case_id or 0).first()
    facts = _facts_of_case(delivery, case) if case else []
    if more := FACTS.get(delivery.kind):
        facts += more(delivery, case)
    row = row_of(delivery.kind, delivery.workspace)
    return Letter(
        subject=kind.subject_in(context),
        title=kind.title_in(context),
        says=kind.says_in(context),
        button=str(kind.button),
        address=address_of(delivery),
        tag=_("Your turn") if case and _is_own_turn(delivery, case) else "",
        facts=facts,
        why=_("You get this at once because you chose Instantly for “%(row)s”.") % {"row": ROWS[row].label} if row else "",
        settings_address=settings_address() if row else "",
        unsubscribe_address=unsubscribe_address(delivery.person, row) if row and delivery.person else "",
    )


def _actor(delivery: Delivery, case: Case) -> Actor | None:
    if delivery.person is None:
        return None
    provider = case.provider_id if delivery.workspace == Workspace.PROVIDER else None
    return Actor(delivery.person, Workspace(delivery.workspace), provider)


def _is_own_turn(delivery: Delivery, case: Case) -> bool:
    actor = _actor(delivery, case)
    return actor is not None and delivery.kind in {
        "setup.ready_for_review",
        "setup.ready_for_approval",
        "setup.pushed_back",
        "records.needed",
    } and standing_of(case, actor).own  # fmt: skip


def _facts_of_case(delivery: Delivery, case: Case) -> list[tuple[str, str]]:
    facts = [(_("Case"), f"{case.number}, {plain_name(case.practice.name)}")]
    if delivery.workspace == Workspace.COLLABORATOR:
        facts.append((_("Provider"), plain_name(case.provider.name)))
    return facts


# --- what a kind adds ------------------------------------------------------------------------------------------------


def _stages(delivery: Delivery, case: Case | None) -> list[tuple[str, str]]:
    facts, context = [], delivery.context
    if "stages_upper" in context and "stages_lower" in context:
        stages = _("%(upper)s upper, %(lower)s lower") % {"upper": context["stages_upper"], "lower": context["stages_lower"]}
        facts.append((_("Stages"), stages))
    if case is not None and delivery.workspace == Workspace.PROVIDER and (n := len(evaluating_collaborations(case))):
        words = ngettext("%(n)s evaluates this setup, and was told too", "%(n)s evaluate this setup, and were told too", n)
        facts.append((_("Collaborators"), words % {"n": n}))
    return facts


def _records(delivery: Delivery, case: Case | None) -> list[tuple[str, str]]:
    labels = dict(Slot.choices)
    kinds = dict(RecordNeed.Kind.choices)
    return [(str(labels.get(slot, slot)), str(kinds.get(kind, kind))) for slot, kind in delivery.context.get("items", ())]


def _parcel(delivery: Delivery, case: Case | None) -> list[tuple[str, str]]:
    """The tracking number, if it is one. The carrier, and anything else that was typed in its place, stands behind the link."""
    tracking = delivery.context.get("tracking", "")
    return [(_("Tracking number"), tracking)] if TRACKING.fullmatch(tracking) else []


def _grants(delivery: Delivery, case: Case | None) -> list[tuple[str, str]]:
    """What is granted, as it stands now: always the same three things, then what was ticked."""
    collaboration = Collaboration.objects.select_related("provider__person").filter(pk=delivery.collaboration_id or 0).first()
    if collaboration is None:
        return []
    given = [str(BASIS)]
    given += [str(grant.label) for grant in Grant if grant in collaboration.granted]
    facts = [(_("Provider"), plain_name(collaboration.provider.name)), (_("You may"), "; ".join(given))]
    if collaboration.ends_on:
        facts.append((_("Ends"), date_format(collaboration.ends_on, "DATE_FORMAT")))
    return facts


def _withheld(delivery: Delivery, case: Case | None) -> list[tuple[str, str]]:
    """What the person may do on this one case, as it stands now, and what of their permissions is taken away there."""
    collaboration = Collaboration.objects.filter(pk=delivery.collaboration_id or 0).first()
    share = Share.objects.filter(collaboration_id=delivery.collaboration_id or 0, case=case, ended_at=None).first()
    held = share.withheld if share else set()
    granted = collaboration.granted if collaboration else set()
    may = [BASIS, *(str(grant.label) for grant in Grant if grant in granted and grant not in held)]
    facts = [(_("You may"), "; ".join(str(words) for words in may))]
    if taken := [str(grant.label) for grant in Grant if grant in held and grant in granted]:
        facts.append((_("Not on this case"), "; ".join(taken)))
    return facts


FACTS: dict[str, Callable[[Delivery, Case | None], list[tuple[str, str]]]] = {
    "setup.ready_for_review": _stages,
    "records.needed": _records,
    "order.shipped": _parcel,
    "invitation.register": _grants,
    "invitation.accept": _grants,
    "collaborator.added": _grants,
    "access.changed": _grants,
    "access.withheld": _withheld,
}


# --- the e-mail ------------------------------------------------------------------------------------------------------


@cache
def _inliner() -> css_inline.CSSInliner:
    """Styles move onto the elements; the dark form stays in a style element, which a client without it leaves out."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def html_of(letter: Letter, language: str) -> str:
    context = {"letter": letter, "language": language, "lab_name": settings.MIDLINE_LAB_NAME}
    return str(_inliner().inline(render_to_string("notify/mail.html", context)))


def text_of(letter: Letter) -> str:
    width = max((len(label) for label, _value in letter.facts), default=0)
    context = {
        "letter": letter,
        "rule": "=" * min(len(letter.title), 72),
        "facts": [(label.ljust(width), value) for label, value in letter.facts],
        "lab_name": settings.MIDLINE_LAB_NAME,
    }
    return render_to_string("notify/mail.txt", context).strip() + "\n"


def mail_of(delivery: Delivery, letter: Callable[[Delivery], Letter] = compose) -> EmailMultiAlternatives:
    """The e-mail of a message in its reader's language, under the Message-ID that all its tries share.

    It goes to the address that the person has now: one given up meanwhile may be somebody else's. Before there is an account,
    it goes to the address that was invited.
    """
    language = language_of(delivery)
    to = delivery.address if delivery.person is None else delivery.person.email
    with translation.override(language):
        written = letter(delivery)
        headers = {"Message-ID": delivery.message_id, **HEADERS}
        if written.unsubscribe_address:
            headers["List-Unsubscribe"] = f"<{written.unsubscribe_address}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail = EmailMultiAlternatives(written.subject, text_of(written), settings.DEFAULT_FROM_EMAIL, [to], headers=headers)
        mail.attach_alternative(html_of(written, language), "text/html")
    return mail
