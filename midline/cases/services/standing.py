"""The standing grant: every case, present and future, by one column of one row."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from midline.cases.actions import Action
from midline.cases.models import Case, ProviderCount, Share, ShareBatch, Status
from midline.cases.policies import cases_for
from midline.cases.services.shares import act_done, act_id, cases_told, own_collaboration, same_act, shares_insert
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.people.policies import Actor


def every_case_set(collaboration: Collaboration, every_case: bool) -> None:
    """The one column of the one row. `revision` rises, so that an invitation page that is open shows itself again."""
    changed = Collaboration.objects.filter(pk=collaboration.pk).exclude(every_case=every_case)
    changed.update(every_case=every_case, revision=F("revision") + 1)
    collaboration.every_case = every_case


def _number_of_cases(provider_id: int) -> int:
    """From the counters, so that it costs the same whatever the number."""
    row = ProviderCount.objects.filter(pk=provider_id).values_list(*Status.values).first()
    return sum(row) if row else 0


def _switch(act: ShareBatch.Act, collaboration: Collaboration, every_case: bool, by: Actor, key: UUID | None) -> ShareBatch:
    locked = own_collaboration(collaboration.pk, by)
    if earlier := same_act(key, by):
        return earlier
    id_, before = act_id(key), {"every_case": locked.every_case}
    count = _number_of_cases(locked.provider_id) if locked.every_case != every_case else 0
    if locked.every_case != every_case:
        every_case_set(locked, every_case)
        cases_told(act, locked, by, count=count, batch=id_)
    return act_done(act, by, id=id_, touched=[locked.pk], count=count, before=before)


@transaction.atomic
def standing_grant_begin(*, collaboration: Collaboration, by: Actor, key: UUID | None = None) -> ShareBatch:
    """Every case, present and future: one column of one row."""
    return _switch(ShareBatch.Act.STANDING_BEGIN, collaboration, True, by, key)


@transaction.atomic
def standing_grant_end(*, collaboration: Collaboration, by: Actor, key: UUID | None = None) -> ShareBatch:
    """Ends the standing grant; shares made one by one stay."""
    return _switch(ShareBatch.Act.STANDING_END, collaboration, False, by, key)


@transaction.atomic
def standing_grant_to_single(*, collaboration: Collaboration, except_case: Case, by: Actor, key: UUID | None = None) -> ShareBatch:
    """ "Keep the n shared now, except this": the standing grant becomes single shares of every other case."""
    locked = own_collaboration(collaboration.pk, by)
    if earlier := same_act(key, by):
        return earlier
    if not locked.every_case:
        raise NotAllowedNow(_("%(name)s has no standing grant any more.") % {"name": locked.name})
    act = act_id(key)
    Share.objects.filter(collaboration=locked, case=except_case, ended_at=None, gives=True).update(ended_at=clock.now(), ended_batch=act)
    others: QuerySet[Case] = cases_for(by, Action.SHARE).exclude(pk=except_case.pk)
    count = shares_insert(locked, others, by, act)
    every_case_set(locked, False)
    cases_told(ShareBatch.Act.STANDING_TO_SINGLE, locked, by, count=count, batch=act, case=except_case.number)
    return act_done(ShareBatch.Act.STANDING_TO_SINGLE, by, id=act, touched=[locked.pk], count=count, before={"every_case": True})
