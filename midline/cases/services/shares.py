"""Sharing: one case, many cases, every case; and undoing it. Set-wise, so that 100,000 cases are a constant number of statements."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet, PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.fields import BooleanField, DateTimeField, UUIDField
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import CaseShared, CasesShared
from midline.cases.models import Case, Share, ShareBatch
from midline.cases.models.share import WITHHOLDS
from midline.cases.policies import cases_for, may
from midline.cases.services.counts import collaboration_recount
from midline.collaboration.models import Collaboration, Grant
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# A toast shows Undo for 8 seconds and waits while it is hovered; the server allows for slow hands and slow lines.
UNDO_WITHIN = timedelta(seconds=60)


def _of_owner(collaboration_id: int, by: Actor) -> Collaboration:
    """The provider's own open collaboration, locked; anything else is not theirs to share with."""
    found = Collaboration.objects.open().select_for_update().filter(pk=collaboration_id, provider_id=by.provider_id or 0).first()
    if found is None or by.workspace not in {Workspace.PROVIDER, Workspace.ACCOUNT}:
        raise PermissionDenied
    return found


def _batch(act: ShareBatch.Act, by: Actor, *, collaboration: Collaboration | None, count: int, id: UUID) -> ShareBatch:  # noqa: A002
    return ShareBatch.objects.create(
        id=id, provider_id=by.provider_id or 0, collaboration=collaboration, act=act, count=count, by=by.user, at=clock.now()
    )


@transaction.atomic
def case_shares_set(*, case: Case, wanted: set[int], by: Actor) -> ShareBatch:
    """After SAVE in the popover: `case` is shared with exactly the collaborations `wanted`, standing grants apart."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may(by, Action.SHARE, locked):
        raise PermissionDenied
    mine = {c.pk: c for c in Collaboration.objects.open().select_for_update().filter(provider_id=locked.provider_id)}
    if not wanted <= mine.keys():
        raise PermissionDenied
    standing = {pk for pk, c in mine.items() if c.every_case}
    now_shared = set(Share.objects.filter(case=locked, ended_at=None, gives=True).values_list("collaboration_id", flat=True)) - standing
    add, end, act = wanted - standing - now_shared, now_shared - wanted, new_key()
    only_case = Case.objects.filter(pk=locked.pk)
    for pk in sorted(add):
        _insert_shares(mine[pk], only_case, by, act)
    Share.objects.filter(case=locked, collaboration_id__in=end, ended_at=None).update(ended_at=clock.now(), ended_batch=act)
    for pk in sorted(add | end):
        if pk in mine:
            collaboration_recount(mine[pk])
    batch = _batch(ShareBatch.Act.POPOVER, by, collaboration=None, count=len(add | end), id=act)
    if add or end:
        names = {pk: mine[pk].name for pk in add | end if pk in mine}
        added, removed = [names[pk] for pk in sorted(add)], [names[pk] for pk in sorted(end) if pk in names]
        told: dict[str, Any] = {"added": added, "removed": removed, "added_ids": sorted(add), "removed_ids": sorted(end), "batch": str(act)}
        activity.record(CaseShared.of(locked, by, **told))
    return batch


@transaction.atomic
def cases_share(*, collaboration: Collaboration, cases: QuerySet[Case], by: Actor) -> ShareBatch:
    """Shares every case of `cases` that is the provider's and not shared yet: one INSERT … SELECT."""
    locked = _of_owner(collaboration.pk, by)
    act = new_key()
    count = _insert_shares(locked, cases_for(by, Action.SHARE).filter(pk__in=cases.order_by().values("pk")), by, act)
    return _done(ShareBatch.Act.SHARE, locked, by, count, act)


def _insert_shares(collaboration: Collaboration, cases: QuerySet[Case], by: Actor, act: UUID) -> int:
    """INSERT … SELECT over the ORM's own query, so that the policy's conditions are not written twice. Returns the number of rows.

    A row that so far only held what is taken away now gives too, and keeps holding it.
    """
    now = clock.now()
    holding = Share.objects.filter(collaboration=collaboration, ended_at=None, gives=False, case_id__in=cases.order_by().values("pk"))
    turned = holding.update(gives=True, held_before=True, batch=act)
    columns: dict[str, Any] = {
        "collaboration_id": Value(collaboration.pk),
        "created_by_id": Value(by.user_id),
        "created_at": Value(now, DateTimeField()),
        "batch": Value(act, UUIDField()),
        "gives": Value(True, BooleanField()),
        "held_before": Value(False, BooleanField()),
        **{name: Value(False, BooleanField()) for name in WITHHOLDS.values()},
    }
    already = Share.objects.filter(case_id=OuterRef("pk"), collaboration=collaboration, ended_at=None)
    rows = cases.filter(~Exists(already)).order_by().annotate(**{f"new_{name}": value for name, value in columns.items()})
    try:
        sql, params = rows.values_list("pk", *(f"new_{name}" for name in columns)).query.sql_with_params()
    except EmptyResultSet:  # nothing can match, for example an empty selection
        return turned
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in ("case_id", *columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(Share._meta.db_table)} ({names}) {sql}", params)
        return turned + int(cursor.rowcount)


@transaction.atomic
def cases_unshare(*, collaboration: Collaboration, cases: QuerySet[Case], by: Actor) -> ShareBatch:
    """Ends the single shares of `cases` with this collaboration: one UPDATE. A standing grant is not touched."""
    locked = _of_owner(collaboration.pk, by)
    act = new_key()
    mine = cases_for(by, Action.SHARE).filter(pk__in=cases.order_by().values("pk")).values("pk")
    rows = Share.objects.filter(collaboration=locked, ended_at=None, gives=True, case_id__in=mine)
    count = rows.update(ended_at=clock.now(), ended_batch=act)
    return _done(ShareBatch.Act.UNSHARE, locked, by, count, act)


def _done(act: ShareBatch.Act, collaboration: Collaboration, by: Actor, count: int, id: UUID, **more: Any) -> ShareBatch:  # noqa: A002
    collaboration_recount(collaboration)
    activity.record(
        CasesShared(
            by_id=by.user_id,
            workspace=by.workspace,
            provider_id=collaboration.provider_id,
            subject_kind="collaboration",
            subject_id=collaboration.pk,
            data={"act": act.value, "count": count, "name": collaboration.name, "batch": str(id), **more},
        )
    )
    return _batch(act, by, collaboration=collaboration, count=count, id=id)


@transaction.atomic
def standing_grant_begin(*, collaboration: Collaboration, by: Actor) -> ShareBatch:
    """Every case, present and future: one column of one row."""
    locked = _of_owner(collaboration.pk, by)
    Collaboration.objects.filter(pk=locked.pk).update(every_case=True)
    locked.every_case = True
    return _done(ShareBatch.Act.STANDING_BEGIN, locked, by, Case.objects.filter(provider_id=locked.provider_id).count(), new_key())


@transaction.atomic
def standing_grant_end(*, collaboration: Collaboration, by: Actor) -> ShareBatch:
    """Ends the standing grant; shares made one by one stay."""
    locked = _of_owner(collaboration.pk, by)
    Collaboration.objects.filter(pk=locked.pk).update(every_case=False)
    locked.every_case = False
    return _done(ShareBatch.Act.STANDING_END, locked, by, Case.objects.filter(provider_id=locked.provider_id).count(), new_key())


@transaction.atomic
def standing_grant_to_single(*, collaboration: Collaboration, except_case: Case, by: Actor) -> ShareBatch:
    """ "Keep the n shared now, except this": the standing grant becomes single shares of every other case."""
    locked = _of_owner(collaboration.pk, by)
    if not locked.every_case:
        raise NotAllowedNow(_("%(name)s has no standing grant any more.") % {"name": locked.name})
    act = new_key()
    Share.objects.filter(collaboration=locked, case=except_case, ended_at=None, gives=True).update(ended_at=clock.now(), ended_batch=act)
    count = _insert_shares(locked, cases_for(by, Action.SHARE).exclude(pk=except_case.pk), by, act)
    Collaboration.objects.filter(pk=locked.pk).update(every_case=False)
    locked.every_case = False
    left_out = {"id": except_case.pk, "number": except_case.number}
    return _done(ShareBatch.Act.STANDING_TO_SINGLE, locked, by, count, act, except_case=left_out)


@transaction.atomic
def shares_undo(*, batch_id: UUID, by: Actor) -> ShareBatch:
    """Takes one act of sharing back, whatever its size. Raises NotAllowedNow when it is too late or already undone."""
    batch = ShareBatch.objects.select_for_update().filter(pk=batch_id, provider_id=by.provider_id or 0).first()
    if batch is None or by.workspace not in {Workspace.PROVIDER, Workspace.ACCOUNT}:
        raise PermissionDenied
    if batch.undone_at or batch.at < clock.now() - UNDO_WITHIN:
        raise NotAllowedNow(_("It is too late to undo this. Change the shares in Manage Collaborators."))
    touched = set(Share.objects.filter(batch=batch_id).values_list("collaboration_id", flat=True).distinct())
    touched |= set(Share.objects.filter(ended_batch=batch_id).values_list("collaboration_id", flat=True).distinct())
    Share.objects.filter(batch=batch_id, ended_at=None, held_before=True).update(gives=False, held_before=False)
    Share.objects.filter(batch=batch_id, ended_at=None, gives=True).update(ended_at=clock.now())
    again = Share.objects.filter(case_id=OuterRef("case_id"), collaboration_id=OuterRef("collaboration_id"), ended_at=None)
    Share.objects.filter(~Exists(again), ended_batch=batch_id).update(ended_at=None, ended_batch=None)
    standing = {ShareBatch.Act.STANDING_BEGIN: False, ShareBatch.Act.STANDING_END: True, ShareBatch.Act.STANDING_TO_SINGLE: True}
    if (before := standing.get(ShareBatch.Act(batch.act))) is not None and batch.collaboration_id:
        Collaboration.objects.filter(pk=batch.collaboration_id).update(every_case=before)
        touched.add(batch.collaboration_id)
    for collaboration in Collaboration.objects.filter(pk__in=touched):
        collaboration_recount(collaboration)
    batch.undone_at = clock.now()
    batch.save(update_fields=["undone_at"])
    activity.record(
        CasesShared(
            by_id=by.user_id,
            workspace=by.workspace,
            provider_id=by.provider_id,
            data={"act": "undo", "count": batch.count, "of": batch.act},
        )
    )
    return batch


@transaction.atomic
def share_withhold(*, case: Case, collaboration: Collaboration, withheld: set[Grant], by: Actor) -> Share:
    """Takes permissions away on one case. Under a standing grant the row made here gives nothing; it only holds what is taken away."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may(by, Action.SHARE, locked):
        raise PermissionDenied
    mine = _of_owner(collaboration.pk, by)
    share = Share.objects.filter(case=locked, collaboration=mine, ended_at=None).first()
    if share is None or not share.gives:
        if not mine.every_case:
            raise NotAllowedNow(_("This case is not shared with %(name)s any more.") % {"name": mine.name})
        share = share or Share(case=locked, collaboration=mine, gives=False, created_by=by.user, created_at=clock.now(), batch=new_key())
    for grant, name in WITHHOLDS.items():
        setattr(share, name, grant in withheld)
    share.save()
    taken = {mine.name: sorted(g.value for g in withheld)}
    activity.record(CaseShared.of(locked, by, added=[], removed=[], withheld=taken, withheld_ids=[mine.pk]))
    return share
