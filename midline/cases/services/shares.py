"""Sharing one case, many cases, and what is taken away on one. Set-wise, so that 100,000 cases are a constant number of statements.

Rows are locked in one order, here and wherever else two of them are: provider, collaborations by id, cases by id, orders, the act, and
last the counters (`counts.py`). A set-wise act locks its collaboration and nothing that another write needs until it counts at its end.
"""

from collections.abc import Collection
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
from midline.cases.services.counts import collaborations_recount
from midline.collaboration.models import Collaboration, Grant
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# A toast shows Undo for 8 seconds and waits while it is hovered; the server allows for slow hands and slow lines.
UNDO_WITHIN = timedelta(seconds=60)


# --- what every act does --------------------------------------------------------------------------------------------


def own_collaboration(collaboration_id: int, by: Actor) -> Collaboration:
    """The provider's own open collaboration, locked; anything else is not theirs to share with."""
    found = Collaboration.objects.open().select_for_update().filter(pk=collaboration_id, provider_id=by.provider_id or 0).first()
    if found is None or by.workspace not in {Workspace.PROVIDER, Workspace.ACCOUNT}:
        raise PermissionDenied
    return found


def own_collaborations(ids: Collection[int], by: Actor) -> dict[int, Collaboration]:
    """Those of `ids` that are the provider's own and open, locked in the order of their ids."""
    rows = Collaboration.objects.open().select_for_update().filter(pk__in=ids, provider_id=by.provider_id or 0)
    return {row.pk: row for row in rows.order_by("pk")}


def same_act(key: UUID | None, by: Actor) -> ShareBatch | None:
    """What this very form has just done: asked once the collaboration is locked, so that of two at once the second gets the first one's."""
    lately = ShareBatch.objects.filter(undone_at=None, at__gte=clock.now() - UNDO_WITHIN)
    return lately.filter(pk=key, provider_id=by.provider_id or 0, by=by.user).first() if key else None


def act_id(key: UUID | None) -> UUID:
    """The key of the form, or a fresh one where that is taken: by somebody else, long ago, or by an act that was undone."""
    return key if key and not ShareBatch.objects.filter(pk=key).exists() else new_key()


def act_done(
    act: ShareBatch.Act,
    by: Actor,
    *,
    id: UUID,  # noqa: A002
    touched: Collection[int],
    count: int,
    before: dict[str, Any] | None = None,
) -> ShareBatch:
    """Keeps the act for undo, then counts. Nothing is written after this: the counters are locked until the commit."""
    collaboration_id = next(iter(touched)) if len(touched) == 1 and act != ShareBatch.Act.POPOVER else None
    about = {"provider_id": by.provider_id or 0, "collaboration_id": collaboration_id, "act": act, "count": count, "before": before or {}}
    # An act that changes nothing may have locked nothing: then two of one form meet here.
    batch, made = ShareBatch.objects.get_or_create(id=id, defaults={**about, "by": by.user, "at": clock.now()})
    if not made:
        return batch
    if connection.vendor == "postgresql":
        # The rows' references are checked now, while nobody waits, and not at the commit, while the counters are locked.
        connection.check_constraints()
    collaborations_recount(batch.provider_id, touched)
    return batch


def cases_told(act: str, collaboration: Collaboration, by: Actor, *, count: int, batch: UUID, **more: Any) -> None:
    """One event, whatever the number of cases."""
    activity.record(
        CasesShared(
            by_id=by.user_id,
            workspace=by.workspace,
            provider_id=collaboration.provider_id,
            subject_kind="collaboration",
            subject_id=collaboration.pk,
            data={"act": act, "count": count, "name": collaboration.name, "batch": str(batch), **more},
        )
    )


# --- one case -------------------------------------------------------------------------------------------------------


def shared_singly(case: Case) -> set[int]:
    return set(Share.objects.filter(case=case, ended_at=None, gives=True).values_list("collaboration_id", flat=True))


def case_shares_hold(*, case: Case, wanted: set[int], by: Actor) -> dict[int, Collaboration]:
    """Locks the collaborations that `wanted` would change. Whoever locks the case as well calls this first."""
    standing = Collaboration.objects.filter(provider_id=case.provider_id, every_case=True).values_list("pk", flat=True)
    return own_collaborations((wanted ^ shared_singly(case)) - set(standing), by)


@transaction.atomic
def case_shares_set(*, case: Case, wanted: set[int], by: Actor, key: UUID | None = None) -> ShareBatch:
    """After SAVE in the popover: `case` is shared with exactly the collaborations `wanted`, standing grants apart.

    Only what changes is locked. Raises NotAllowedNow when one of `wanted` has ended, PermissionDenied when one is not the provider's own.
    """
    if not may(by, Action.SHARE, case):
        raise PermissionDenied
    held = case_shares_hold(case=case, wanted=wanted, by=by)
    if earlier := same_act(key, by):
        return earlier
    _still_open(case, wanted)
    singly = shared_singly(case)
    changes = {pk: row for pk, row in held.items() if not row.every_case and (pk in wanted) != (pk in singly)}
    add, end = sorted(changes.keys() & wanted), sorted(changes.keys() - wanted)
    act = act_id(key)
    for pk in add:
        shares_insert(changes[pk], Case.objects.filter(pk=case.pk), by, act)
    Share.objects.filter(case=case, collaboration_id__in=end, ended_at=None).update(ended_at=clock.now(), ended_batch=act)
    if add or end:
        names: dict[str, Any] = {"added": [changes[pk].name for pk in add], "removed": [changes[pk].name for pk in end]}
        activity.record(CaseShared.of(case, by, **names, added_ids=add, removed_ids=end, batch=str(act)))
    return act_done(ShareBatch.Act.POPOVER, by, id=act, touched=[*add, *end], count=len(add) + len(end), before={"case": case.pk})


def _still_open(case: Case, wanted: set[int]) -> None:
    mine = Collaboration.objects.filter(provider_id=case.provider_id, pk__in=wanted)
    if mine.count() != len(wanted):
        raise PermissionDenied
    if mine.open().count() != len(wanted):
        raise NotAllowedNow(_("Somebody you ticked does not collaborate with you any more. Nothing was changed. Look at the list again."))


@transaction.atomic
def share_withhold(*, case: Case, collaboration: Collaboration, withheld: set[Grant], by: Actor, key: UUID | None = None) -> ShareBatch:
    """Takes permissions away on one case; what is not in `withheld` is as the collaboration has it, never more.

    Under a standing grant the row made here gives nothing; it only holds what is taken away. Raises NotAllowedNow when the case is not
    shared with them any more.
    """
    if not may(by, Action.SHARE, case):
        raise PermissionDenied
    mine = own_collaboration(collaboration.pk, by)
    if earlier := same_act(key, by):
        return earlier
    share = Share.objects.filter(case=case, collaboration=mine, ended_at=None).first()
    if not mine.every_case and not (share and share.gives):
        raise NotAllowedNow(_("This case is not shared with %(name)s any more.") % {"name": mine.name})
    before, act = share.withheld if share else set(), act_id(key)
    held_by = _hold(case.pk, mine, withheld, by, act)
    if before != withheld:
        told: dict[str, Any] = {"withheld": {mine.name: sorted(g.value for g in withheld)}, "before": sorted(g.value for g in before)}
        names: dict[str, Any] = {"added": [], "removed": [], "withheld_ids": [mine.pk]}
        activity.record(CaseShared.of(case, by, **names, **told, batch=str(act)))
    kept = {"case": case.pk, "withheld": sorted(g.value for g in before), "share": held_by}
    return act_done(ShareBatch.Act.WITHHOLD, by, id=act, touched=[mine.pk], count=len(before ^ withheld), before=kept)


def _hold(case_id: int, collaboration: Collaboration, withheld: set[Grant], by: Actor, act: UUID) -> int:
    """Writes what is taken away on this pair into its open row, made where a standing grant has none. Returns the row's id."""
    flags = {name: grant in withheld for grant, name in WITHHOLDS.items()}
    made = {"gives": False, "created_by": by.user, "created_at": clock.now(), "batch": act}
    share, _new = Share.objects.update_or_create(
        case_id=case_id, collaboration=collaboration, ended_at=None, defaults=flags, create_defaults={**made, **flags}
    )
    return share.pk


# --- many cases -----------------------------------------------------------------------------------------------------


@transaction.atomic
def cases_share(*, collaboration: Collaboration, cases: QuerySet[Case], by: Actor, key: UUID | None = None) -> ShareBatch:
    """Shares every case of `cases` that is the provider's and not shared yet: one INSERT … SELECT."""
    locked = own_collaboration(collaboration.pk, by)
    if earlier := same_act(key, by):
        return earlier
    act = act_id(key)
    count = shares_insert(locked, cases_for(by, Action.SHARE) & cases.order_by(), by, act)
    cases_told(ShareBatch.Act.SHARE, locked, by, count=count, batch=act)
    return act_done(ShareBatch.Act.SHARE, by, id=act, touched=[locked.pk], count=count)


@transaction.atomic
def cases_unshare(*, collaboration: Collaboration, cases: QuerySet[Case], by: Actor, key: UUID | None = None) -> ShareBatch:
    """Ends the single shares of `cases` with this collaboration: one UPDATE.

    Raises NotAllowedNow under a standing grant: it has no exceptions, and ending the rows would give back what they hold.
    """
    locked = own_collaboration(collaboration.pk, by)
    if earlier := same_act(key, by):
        return earlier
    if locked.every_case:
        raise NotAllowedNow(_("%(name)s sees every case now. Change that first.") % {"name": locked.name})
    act = act_id(key)
    mine = cases_for(by, Action.SHARE) & cases.order_by()
    rows = Share.objects.filter(collaboration=locked, ended_at=None, gives=True, case_id__in=mine.values("pk"))
    count = rows.update(ended_at=clock.now(), ended_batch=act)
    cases_told(ShareBatch.Act.UNSHARE, locked, by, count=count, batch=act)
    return act_done(ShareBatch.Act.UNSHARE, by, id=act, touched=[locked.pk], count=count)


def shares_insert(collaboration: Collaboration, cases: QuerySet[Case], by: Actor, act: UUID) -> int:
    """INSERT … SELECT over the ORM's own query, so that the policy's conditions are not written twice. Returns the number of rows.

    A row that so far only held what is taken away now gives too, and keeps holding it.
    """
    now = clock.now()
    holding = Share.objects.filter(collaboration=collaboration, ended_at=None, gives=False)
    turned = 0
    if holding.exists():  # rare: spares most acts the reading of every case a second time
        turned = holding.filter(case_id__in=cases.order_by().values("pk")).update(gives=True, held_before=True, batch=act)
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
    if connection.vendor == "postgresql":
        # A draft that is discarded at this moment is left out, instead of failing the whole act once it is gone.
        sql = f"{sql} FOR KEY SHARE OF {quote(Case._meta.db_table)}"
    names = ", ".join(quote(name) for name in ("case_id", *columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(Share._meta.db_table)} ({names}) {sql}", params)
        return turned + int(cursor.rowcount)
