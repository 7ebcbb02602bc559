"""What can happen, each done by the service or the page that does it in life. The names are those of the table in test_who_is_told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from midline.cases import services as cases
from midline.cases.models import Case, CaseType, Order, RecordNeed
from midline.cases.tests.factories import move
from midline.collaboration import services as collaboration
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.queries import invitation_link, open_invitations
from midline.conversation.services import comment_add, comment_edit
from midline.conversation.services.requests import Wanted, request_propose
from midline.core import clock
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.notify.tests.factories import invited
from midline.people.policies import Actor
from midline.people.tests.factories import PASSWORD
from midline.setups.services import decisions
from midline.setups.services.versions import version_publish
from midline.setups.tests.factories import make_version

HAPPENINGS: dict[str, Callable[[Any], Any]] = {}
WORDS = "For Quirinia Zyxwvutowska."


def happening(sentence: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        HAPPENINGS[sentence] = function
        return function

    return register


def account(cast: Any) -> Actor:
    return Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def publish(cast: Any, planner: Any) -> Any:
    order = cast.case.current_order
    cases.order_move(order=order, event="take", by=planner.actor)
    version = make_version(fresh(cast.case), planner.user, published=False)
    return version_publish(version=version, by=planner.actor, note=WORDS)


def token(row: Collaboration) -> str:
    return invitation_link(open_invitations().get(collaboration=row)).rstrip("/").rpartition("/")[2]


def every_case_but_this(cast: Any, person: Any) -> None:
    cases.standing_grant_begin(collaboration=person.collaboration, by=cast.owner.actor)
    later(cast)
    row = Collaboration.objects.get(pk=person.collaboration.pk)
    cases.standing_grant_to_single(collaboration=row, except_case=cast.case, by=cast.owner.actor)


def later(cast: Any) -> None:
    """What was done so far is told: everything after this is what the row is about."""
    cast.clock.shift(timedelta(minutes=2))
    jobs.run_all()
    cast.forget()


# --- becoming a collaborator


@happening("somebody without an account is added")
def _(cast: Any) -> None:
    invited(cast.owner.actor, "new@example.org", message=WORDS)


@happening("somebody with an account is added")
def _(cast: Any) -> None:
    invited(cast.owner.actor, cast.stranger.user.email, message=WORDS)


@happening("the invitation is sent again")
def _(cast: Any) -> None:
    row = invited(cast.owner.actor, "new@example.org")
    later(cast)
    collaboration.invitation_resend(collaboration=row, by=account(cast))


@happening("the invitation is accepted")
def _(cast: Any) -> None:
    row = invited(cast.owner.actor, cast.stranger.user.email)
    later(cast)
    collaboration.invitation_accept(token=token(row), by=cast.stranger.user, seen_revision=row.revision, accepts_terms=True)


@happening("the invitation is declined")
def _(cast: Any) -> None:
    row = invited(cast.owner.actor, cast.stranger.user.email)
    later(cast)
    collaboration.invitation_decline(token=token(row), by=cast.stranger.user, reason=WORDS)


@happening("the invitation is withdrawn before it was sent")
def _(cast: Any) -> None:
    collaboration.invitation_withdraw(collaboration=invited(cast.owner.actor, "new@example.org"), by=account(cast))


# --- setups


@happening("the lab publishes a version")
def _(cast: Any) -> None:
    publish(cast, cast.technician)


@happening("a collaborator who plans publishes a version")
def _(cast: Any) -> None:
    publish(cast, cast.with_every_grant)


@happening("a collaborator marks it Ready for Approval")
def _(cast: Any) -> None:
    version = publish(cast, cast.technician)
    later(cast)
    decisions.setup_mark_ready(version=version, by=cast.with_no_grant.actor, seen_hash=version.content_hash, key=uuid4())


def decline(cast: Any, person: Any) -> None:
    version = publish(cast, cast.technician)
    later(cast)
    decisions.setup_decline(
        version=version, by=person.actor, seen_hash=version.content_hash,
        wanted=[Wanted(tooth=13, words=WORDS)], words=WORDS, ticked=frozenset(), key=uuid4(),
    )  # fmt: skip


@happening("a collaborator declines it")
def _(cast: Any) -> None:
    decline(cast, cast.with_every_grant)


@happening("the provider requests changes")
def _(cast: Any) -> None:
    decline(cast, cast.owner)


@happening("a collaborator proposes changes")
def _(cast: Any) -> None:
    publish(cast, cast.technician)
    later(cast)
    wanted = [Wanted(tooth=13, words=WORDS)]
    request_propose(case=fresh(cast.case), version=1, by=cast.with_no_grant.actor, wanted=wanted, words=WORDS, key=uuid4())


@happening("the provider pushes Ready back")
def _(cast: Any) -> None:
    version = publish(cast, cast.technician)
    decisions.setup_mark_ready(version=version, by=cast.with_no_grant.actor, seen_hash=version.content_hash, key=uuid4())
    later(cast)
    decisions.setup_push_back(version=version, by=cast.owner.actor, seen_hash=version.content_hash, reason=WORDS, key=uuid4())


@happening("the provider approves")
def _(cast: Any) -> None:
    version = publish(cast, cast.technician)
    later(cast)
    decisions.setup_approve(version=version, by=cast.owner.actor, seen_hash=version.content_hash, key=uuid4())


# --- the conversation


@happening("the provider comments")
def _(cast: Any) -> None:
    comment_add(case=cast.case, by=cast.owner.actor, body=WORDS, key=new_key())


@happening("a collaborator comments and mentions the provider")
def _(cast: Any) -> None:
    mentioned = frozenset({cast.owner.user.pk, cast.stranger.user.pk})
    comment_add(case=cast.case, by=cast.with_no_grant.actor, body=WORDS, key=new_key(), mentions=mentioned)


@happening("a comment is changed and names the provider now")
def _(cast: Any) -> None:
    written = comment_add(case=cast.case, by=cast.with_no_grant.actor, body=WORDS, key=new_key())
    later(cast)
    mentioned = frozenset({cast.owner.user.pk, cast.stranger.user.pk})
    comment_edit(comment=written, by=cast.with_no_grant.actor, body=f"{WORDS} Or not.", mentions=mentioned)


# --- the lab and orders


@happening("the lab asks for records")
def _(cast: Any) -> None:
    ask = cases.Ask("profile", RecordNeed.Kind.UNUSABLE, WORDS)
    cases.records_ask(order=cast.case.current_order, by=cast.technician.actor, asks=[ask])


@happening("the lab ships")
def _(cast: Any) -> None:
    case = move(cast.case, "take", "publish", "approve", "start_manufacturing", technician=cast.technician.user)
    later(cast)
    order = Order.objects.get(pk=case.current_order_id or 0)
    cases.order_move(order=order, event="ship", by=cast.technician.actor, tracking=WORDS, carrier=WORDS)


@happening("a collaborator begins an order")
def _(cast: Any) -> Any:
    by = cast.with_every_grant.actor
    return cases.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=by, key=uuid4(), values={"arches": "both"})


@happening("a collaborator submits the order")
def _(cast: Any) -> None:
    order = HAPPENINGS["a collaborator begins an order"](cast)
    later(cast)
    cases.order_move(order=order, event="submit", by=cast.with_every_grant.actor)


@happening("the provider begins and submits an order")
def _(cast: Any) -> None:
    order = cases.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4(), values={"arches": "both"})
    cases.order_move(order=order, event="submit", by=cast.owner.actor)


# --- access


def shared_with(cast: Any, *people: Any) -> None:
    cases.case_shares_set(case=cast.case, wanted={p.collaboration.pk for p in people}, by=cast.owner.actor)


@happening("a case is no longer shared")
def _(cast: Any) -> None:
    shared_with(cast, cast.with_every_grant)


@happening("a case is shared")
def _(cast: Any) -> None:
    shared_with(cast, cast.with_every_grant)
    later(cast)
    shared_with(cast, cast.with_every_grant, cast.with_no_grant)


@happening("a case is shared, and at once no longer")
def _(cast: Any) -> None:
    shared_with(cast, cast.with_every_grant)
    later(cast)
    shared_with(cast, cast.with_every_grant, cast.with_no_grant)
    shared_with(cast, cast.with_every_grant)


@happening("a case is no longer shared, and that is undone")
def _(cast: Any) -> None:
    batch = cases.case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)
    cases.shares_undo(batch_id=batch.pk, by=cast.owner.actor)


@happening("selected cases are no longer shared")
def _(cast: Any) -> None:
    cases.cases_unshare(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.all(), by=cast.owner.actor)


@happening("selected cases are shared")
def _(cast: Any) -> None:
    cases.cases_unshare(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.all(), by=cast.owner.actor)
    later(cast)
    cases.cases_share(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.all(), by=cast.owner.actor)


@happening("every case is shared")
def _(cast: Any) -> None:
    cases.standing_grant_begin(collaboration=cast.with_no_grant.collaboration, by=cast.owner.actor)


@happening("every case is shared no longer")
def _(cast: Any) -> None:
    cases.standing_grant_begin(collaboration=cast.with_no_grant.collaboration, by=cast.owner.actor)
    later(cast)
    cases.standing_grant_end(collaboration=cast.with_no_grant.collaboration, by=cast.owner.actor)


@happening("every case but this one stays shared")
def _(cast: Any) -> None:
    every_case_but_this(cast, cast.with_no_grant)


def withhold(cast: Any, *grants: Grant) -> None:
    cases.share_withhold(case=cast.case, collaboration=cast.with_every_grant.collaboration, withheld=set(grants), by=cast.owner.actor)


@happening("a permission is taken away on a case")
def _(cast: Any) -> None:
    withhold(cast, Grant.DOWNLOAD)


@happening("a permission is taken away on a case, and given back at once")
def _(cast: Any) -> None:
    withhold(cast, Grant.DOWNLOAD)
    withhold(cast)


def change(cast: Any) -> Any:
    return collaboration.collaboration_change(
        collaboration=cast.with_no_grant.collaboration, by=account(cast), relation="mentor", grants=["download"],
        evaluates=True, hides_identity=False, every_case=False,
    )  # fmt: skip


@happening("permissions are changed")
def _(cast: Any) -> None:
    change(cast)


@happening("permissions are changed, and that is undone")
def _(cast: Any) -> None:
    collaboration.collaboration_change_undo(event_id=change(cast).pk, by=account(cast))


def ends(cast: Any, days: int) -> None:
    row = cast.with_no_grant.collaboration
    row.ends_on, row.ends_at = (timezone.now() + timedelta(days=days)).date(), clock.now() + timedelta(days=days)
    row.save()


@happening("access ends in 14 days")
def _(cast: Any) -> None:
    ends(cast, 14)
    jobs.enqueue("notify.ends_soon", {})


@happening("the end date has passed")
def _(cast: Any) -> None:
    ends(cast, -1)
    jobs.enqueue("collaboration.lapse", {"collaboration": cast.with_no_grant.collaboration.pk})


@happening("the provider removes a collaborator")
def _(cast: Any) -> None:
    collaboration.collaboration_revoke(collaboration=cast.with_no_grant.collaboration, by=account(cast))


@happening("a collaborator leaves")
def _(cast: Any) -> None:
    collaboration.collaboration_leave(collaboration=cast.with_no_grant.collaboration, by=cast.with_no_grant.user)


# --- the account


def signed_in(cast: Any, agent: str = "Firefox/1") -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/account/login/", {"login": cast.owner.user.email, "password": PASSWORD})
    return client


@happening("somebody signs in with a new browser")
def _(cast: Any) -> None:
    signed_in(cast)
    later(cast)
    signed_in(cast, "Chrome/2")


@happening("the password is changed")
def _(cast: Any) -> None:
    client = signed_in(cast)
    later(cast)
    new = "a quite new password"
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})


@happening("the e-mail address is changed")
def _(cast: Any) -> None:
    client = signed_in(cast)
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/email/"})
    client.post("/account/email/", {"action_add": "", "email": "moved@example.org"})
    link = cast.read("moved@example.org")
    later(cast)
    client.post(link)
