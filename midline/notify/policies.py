"""Who is told, and who still may be: asked when a message is written, again when it is sent, and again when it is shown.

The rule itself stands in cases.policies; nothing here adds a way round it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from midline.cases.actions import Action
from midline.cases.models import Case, ShareBatch
from midline.cases.policies import cases_for, recipients
from midline.collaboration.models import Collaboration
from midline.collaboration.queries import open_invitations
from midline.conversation.models import Comment
from midline.core.workspace import Workspace
from midline.notify.kinds import KINDS, Kind, Page
from midline.notify.models import Delivery
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.queries import provider_of

GONE_CASE = gettext_noop("This person may not read this of the case any more.")
GONE_COLLABORATION = gettext_noop("The collaboration has ended.")
GONE_INVITATION = gettext_noop("The invitation was answered, withdrawn or replaced, or is too old.")
GONE_SUBJECT = gettext_noop("What it is about was taken back.")
SWITCHED_OFF = gettext_noop("This person has switched it off.")
GONE_ACCOUNT = gettext_noop("The account is closed.")


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell: an account in a workspace, or, before there is one, an address alone."""

    person: User | None
    address: str
    workspace: Workspace
    collaboration_id: int | None = None


def readers(kind: Kind, case: Case, *, but: int | None) -> list[Recipient]:
    """Everybody who may do the kind's action on the case in its workspaces, but not the person who did it."""
    actors = [a for a in recipients(Action(kind.action or ""), case) if a.workspace in kind.to and a.user_id != but]
    guests = [a.user_id for a in actors if a.workspace is Workspace.COLLABORATOR]
    through = dict(
        Collaboration.objects.live().filter(provider_id=case.provider_id, person_id__in=guests).values_list("person_id", "pk")
        if guests
        else ()
    )
    return [Recipient(a.user, a.user.email, a.workspace, through.get(a.user_id)) for a in actors]


def reason_to_drop(delivery: Delivery) -> str:
    """Why this message must not reach its person any more; "" when it may. Asked at the moment of sending."""
    if delivery.person is not None and not delivery.person.is_active:
        return GONE_ACCOUNT
    if delivery in still_told([delivery]):
        return ""
    if KINDS[delivery.kind].page is Page.INVITATION:
        return GONE_INVITATION
    if delivery.case_id is None:
        return GONE_COLLABORATION if delivery.pk not in _taken_back([delivery]) else GONE_SUBJECT
    return GONE_CASE if delivery.pk not in _taken_back([delivery]) else GONE_SUBJECT


def still_told(deliveries: Collection[Delivery]) -> list[Delivery]:
    """Those of the messages that their person may still read, in the order given; a constant number of queries for one person."""
    kept = _by_case(deliveries) | _by_collaboration(deliveries) | _by_invitation(deliveries) | _by_account(deliveries)
    kept -= _taken_back(deliveries)
    return [d for d in deliveries if d.pk in kept]


def _by_case(deliveries: Collection[Delivery]) -> set[int]:
    groups: dict[tuple[int, str, str], list[Delivery]] = defaultdict(list)
    people = {}
    for d in deliveries:
        if d.case_id is not None and d.person is not None:
            groups[d.person.pk, d.workspace, d.action].append(d)
            people[d.person.pk] = d.person
    kept: set[int] = set()
    for (person_id, workspace, action), rows in groups.items():
        person = people[person_id]
        provider = provider_of(person_id) if workspace == Workspace.PROVIDER else None
        actor = Actor(person, Workspace(workspace), provider.pk if provider else None)
        open_cases = set(cases_for(actor, Action(action)).filter(pk__in=[d.case_id for d in rows]).values_list("pk", flat=True))
        kept |= {d.pk for d in rows if d.case_id in open_cases}
    return kept


def _by_collaboration(deliveries: Collection[Delivery]) -> set[int]:
    """Messages on a collaboration as a whole. That it ended is told to the one who lost it; the provider reads of all their own."""
    others = {Page.INVITATION, Page.SECURITY}
    rows = [d for d in deliveries if d.case_id is None and d.kind in KINDS and KINDS[d.kind].page not in others]
    if not rows:
        return set()
    asked = Collaboration.objects.filter(pk__in=[d.collaboration_id for d in rows])
    found = {c.pk: c for c in asked.select_related("provider")}
    kept = set()
    for d in rows:
        collaboration = found.get(d.collaboration_id or 0)
        if collaboration is None:
            continue
        if d.workspace == Workspace.PROVIDER:
            right = collaboration.provider.person_id == d.person_id
        else:
            right = collaboration.person_id == d.person_id and (d.kind == "access.ended" or collaboration.is_live())
        kept |= {d.pk} if right else set()
    return kept


def _by_invitation(deliveries: Collection[Delivery]) -> set[int]:
    rows = {d.pk: d.context.get("invitation") for d in deliveries if d.kind in KINDS and KINDS[d.kind].page is Page.INVITATION}
    if not rows:
        return set()
    valid = open_invitations().filter(pk__in=rows.values())
    ids = set(valid.values_list("pk", flat=True))
    return {pk for pk, invitation in rows.items() if invitation in ids}


def _by_account(deliveries: Collection[Delivery]) -> set[int]:
    """What happened to the person's own account."""
    return {d.pk for d in deliveries if d.person_id is not None and d.kind in KINDS and KINDS[d.kind].page is Page.SECURITY}


def _taken_back(deliveries: Collection[Delivery]) -> set[int]:
    """Messages whose cause is no more: a deleted comment, shares that were undone, a case that is shared again."""
    comments = {d.pk: d.context["comment"] for d in deliveries if d.context.get("comment")}
    batches = {d.pk: d.context["batch"] for d in deliveries if d.context.get("batch")}
    gone: set[int] = set()
    if comments:
        deleted = set(Comment.objects.filter(pk__in=comments.values(), deleted_at__isnull=False).values_list("pk", flat=True))
        gone |= {pk for pk, comment in comments.items() if comment in deleted}
    if batches:
        undone = ShareBatch.objects.filter(pk__in=batches.values(), undone_at__isnull=False)
        names = {str(pk) for pk in undone.values_list("pk", flat=True)}
        gone |= {pk for pk, batch in batches.items() if batch in names}
    return gone | _shared_again(deliveries)


def _shared_again(deliveries: Collection[Delivery]) -> set[int]:
    """ "No longer shared" is not told of a case that its reader sees."""
    lost = [d for d in deliveries if d.context.get("unshared") and d.person is not None]
    people = {d.person.pk: d.person for d in lost if d.person}
    again: set[int] = set()
    for pk, person in people.items():
        theirs = [d for d in lost if d.person_id == pk]
        seen = cases_for(Actor(person, Workspace.COLLABORATOR)).filter(pk__in=[d.context["unshared"] for d in theirs])
        open_cases = set(seen.values_list("pk", flat=True))
        again |= {d.pk for d in theirs if d.context["unshared"] in open_cases}
    return again
