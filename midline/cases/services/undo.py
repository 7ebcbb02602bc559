"""Taking one act of sharing back, whatever its size: what it changed and still stands returns to what it was."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.events import CaseShared
from midline.cases.models import Case, Share, ShareBatch
from midline.cases.models.share import WITHHOLDS
from midline.cases.services.counts import collaborations_recount
from midline.cases.services.shares import UNDO_WITHIN, cases_told, shared_singly
from midline.cases.services.standing import every_case_set
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# How the standing grant stands after each act on it.
AFTER = {
    ShareBatch.Act.STANDING_BEGIN: True,
    ShareBatch.Act.STANDING_END: False,
    ShareBatch.Act.STANDING_TO_SINGLE: False,
}


class AlreadyUndone(NotAllowedNow):
    """Somebody pressed Undo twice: what they wanted stands."""


@transaction.atomic
def shares_undo(*, batch_id: UUID, by: Actor) -> ShareBatch:
    """Takes one act back, and nothing that was decided since. Of a collaboration that has ended nothing comes back.

    Raises PermissionDenied when the act is not this provider's, NotAllowedNow when it is too late, AlreadyUndone.
    """
    mine = ShareBatch.objects.filter(pk=batch_id, provider_id=by.provider_id or 0)
    if by.workspace not in {Workspace.PROVIDER, Workspace.ACCOUNT} or not mine.exists():
        raise PermissionDenied
    rows = Collaboration.objects.select_for_update().filter(pk__in=_touched(mine.get())).order_by("pk")
    touched = {row.pk: row for row in rows}
    batch = mine.select_for_update().get()
    if batch.undone_at:
        raise AlreadyUndone(_("This was undone already."))
    if batch.at < clock.now() - UNDO_WITHIN:
        raise NotAllowedNow(_("It is too late to undo this. Change the shares in Manage Collaborators."))
    act = ShareBatch.Act(batch.act)
    if act in AFTER:
        _standing_as_before(batch, touched[batch.collaboration_id or 0])
    _rows_as_before(batch, touched)
    if act == ShareBatch.Act.WITHHOLD:
        _held_as_before(batch)
    batch.undone_at = clock.now()
    batch.save(update_fields=["undone_at"])
    _told(batch, touched, by)
    if connection.vendor == "postgresql":
        connection.check_constraints()
    collaborations_recount(batch.provider_id, touched)
    return batch


def _touched(batch: ShareBatch) -> set[int]:
    if batch.collaboration_id:
        return {batch.collaboration_id}
    made = Share.objects.filter(batch=batch.pk).values_list("collaboration_id", flat=True)
    ended = Share.objects.filter(ended_batch=batch.pk).values_list("collaboration_id", flat=True)
    return set(made.distinct()) | set(ended.distinct())


def _later(batch: ShareBatch, acts: Collection[ShareBatch.Act], **about: Any) -> ShareBatch | None:
    """The next act about the same thing that was not undone: that one stands, and returns to what this one would have returned to."""
    rows = ShareBatch.objects.filter(collaboration=batch.collaboration, act__in=acts, undone_at=None, at__gte=batch.at, **about)
    return rows.exclude(pk=batch.pk).order_by("at").first()


def _standing_as_before(batch: ShareBatch, collaboration: Collaboration) -> None:
    """The standing grant as it was before the act, unless somebody has decided about it since: a stale Undo never gives every case."""
    if later := _later(batch, list(AFTER)):
        later.before["every_case"] = batch.before["every_case"]
        later.save(update_fields=["before"])
    elif collaboration.every_case == AFTER[ShareBatch.Act(batch.act)]:
        every_case_set(collaboration, batch.before["every_case"])


def _rows_as_before(batch: ShareBatch, touched: dict[int, Collaboration]) -> None:
    """A constant number of statements: what the act gave goes, what it took comes back, and what a row holds it goes on holding.

    Under a standing grant a row that holds something stays as one that gives nothing: were it ended, what was taken away would come back.
    """
    made = Share.objects.filter(batch=batch.pk, ended_at=None, collaboration_id__in=touched)
    holds = Q(pk__in=[])
    for name in WITHHOLDS.values():
        holds |= Q(**{name: True})
    standing = [pk for pk, collaboration in touched.items() if collaboration.every_case]
    made.filter(Q(held_before=True) | (holds & Q(collaboration_id__in=standing))).update(gives=False, held_before=False)
    made.filter(gives=True).update(ended_at=clock.now())
    pair = Share.objects.filter(case_id=OuterRef("case_id"), collaboration_id=OuterRef("collaboration_id"))
    taken = Share.objects.filter(ended_batch=batch.pk, collaboration_id__in=touched)
    # A row made meanwhile stays; where it only holds what is taken away it gives again, where it gives the older row is behind it.
    meanwhile = Share.objects.filter(ended_at=None, collaboration_id__in=touched)
    meanwhile.filter(Exists(pair.filter(ended_batch=batch.pk, gives=True)), gives=False).update(gives=True, held_before=True)
    newer = pair.filter(ended_at=None, gives=True, held_before=False).values("batch")[:1]
    taken.filter(Exists(pair.filter(ended_at=None))).update(ended_batch=Subquery(newer))
    taken.update(ended_at=None, ended_batch=None)
    # What this act gave and another has ended meanwhile must not come back when that one is undone too.
    Share.objects.filter(batch=batch.pk, ended_batch__isnull=False, held_before=False).update(ended_batch=None)


def _held_as_before(batch: ShareBatch) -> None:
    """What was taken away on the row as it was before the act, unless that was changed again since."""
    about = {name: batch.before[name] for name in ("case", "share")}
    if later := _later(batch, [ShareBatch.Act.WITHHOLD], **{f"before__{name}": value for name, value in about.items()}):
        later.before["withheld"] = batch.before["withheld"]
        later.save(update_fields=["before"])
        return
    flags = {name: grant.value in batch.before["withheld"] for grant, name in WITHHOLDS.items()}
    Share.objects.filter(pk=batch.before["share"]).update(**flags)


def _told(batch: ShareBatch, touched: dict[int, Collaboration], by: Actor) -> None:
    """One event. On a single case the history says what it returned to; ids are left out, for what was never told need not be untold."""
    case = Case.objects.filter(pk=batch.before.get("case")).first()
    if case is None:
        for collaboration in touched.values():
            cases_told("undo", collaboration, by, count=batch.count, batch=batch.pk, of=batch.act)
        return
    names = {pk: row.name for pk, row in touched.items()}
    if batch.act == ShareBatch.Act.WITHHOLD:
        held = dict.fromkeys(names.values(), batch.before["withheld"])
        activity.record(CaseShared.of(case, by, added=[], removed=[], withheld=held, batch=str(batch.pk), undo=True))
        return
    singly = shared_singly(case)
    added, removed = sorted(names.keys() & singly), sorted(names.keys() - singly)
    told: dict[str, Any] = {"added": [names[pk] for pk in added], "removed": [names[pk] for pk in removed]}
    activity.record(CaseShared.of(case, by, **told, batch=str(batch.pk), undo=True))
