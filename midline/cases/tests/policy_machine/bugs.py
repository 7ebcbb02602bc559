"""Faults planted into the running product, each one line that somebody could write: the machine must find every one of them.

Nothing of the product is replaced for good: a fault lasts as long as its block.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from django.db.models import F, Q

from midline.cases import policies, subscribers
from midline.cases import services as cases
from midline.cases.actions import Action
from midline.cases.models import Case, Share, ShareBatch
from midline.cases.models.share import WITHHOLDS
from midline.collaboration import services as collaborating
from midline.collaboration.models import Collaboration, Grant
from midline.core import clock

Fault = Callable[[], Any]


@contextmanager
def _after(room: Any, name: str, wrong: Callable[..., None]) -> Iterator[None]:
    """The service does its work, and then something that it should not."""
    real = getattr(room, name)

    def faulty(**given: Any) -> Any:
        made = real(**given)
        wrong(made, **given)
        return made

    with patch.object(room, name, faulty):
        yield


def end_date_forgotten() -> Any:
    return patch.object(policies, "LIVE", lambda moment: Q(state="active"))


def end_date_a_day_late() -> Any:
    return patch.object(policies, "LIVE", lambda moment: Q(state="active") & (Q(ends_at=None) | Q(ends_at__gt=moment - 24 * HOUR)))


def invited_see() -> Any:
    return patch.object(policies, "LIVE", lambda moment: ~Q(state="ended") & (Q(ends_at=None) | Q(ends_at__gt=moment)))


def revoking_gives_nothing_back() -> Any:
    """Who is removed stays the planner of what they had taken."""
    return patch.object(subscribers, "planners_left", lambda **_given: 0)


def undo_restores_one_too_many() -> Any:
    def wrong(batch: ShareBatch, **_given: Any) -> None:
        gone = Share.objects.filter(collaboration=batch.collaboration, gives=True).exclude(ended_at=None).order_by("-pk")
        open_now = Share.objects.filter(collaboration=batch.collaboration, ended_at=None).values("case_id")
        if row := gone.exclude(case_id__in=open_now).first():
            Share.objects.filter(pk=row.pk).update(ended_at=None)

    return _after(cases, "shares_undo", wrong)


def undo_forgets_one() -> Any:
    def wrong(batch: ShareBatch, **_given: Any) -> None:
        if batch.act == ShareBatch.Act.SHARE:
            Share.objects.filter(batch=batch.pk).update(ended_at=None, gives=True)

    return _after(cases, "shares_undo", wrong)


def standing_grant_takes_single_shares_along() -> Any:
    def wrong(_batch: Any, *, collaboration: Collaboration, **_given: Any) -> None:
        Share.objects.filter(collaboration_id=collaboration.pk, ended_at=None).update(ended_at=clock.now())

    return _after(cases, "standing_grant_end", wrong)


def standing_grant_reaches_other_providers() -> Any:
    real: Any = policies._giving

    def faulty(action: Action, case_id: Any, provider_id: Any, moment: Any) -> Any:
        return real(action, case_id, F("provider_id") if action is Action.VIEW else provider_id, moment)

    return patch.object(policies, "_giving", faulty)


def every_case_but_one_keeps_it() -> Any:
    def wrong(batch: Any, *, collaboration: Collaboration, except_case: Case, by: Any, **_given: Any) -> None:
        Share.objects.create(case=except_case, collaboration=collaboration, created_by=by.user, batch=batch.pk)

    return _after(cases, "standing_grant_to_single", wrong)


def taken_away_download_stays() -> Any:
    return patch.dict(WITHHOLDS, {Grant.DOWNLOAD: "withholds_add_orders"})


def hidden_identity_downloads_originals() -> Any:
    return patch.object(policies, "NEEDS_IDENTITY", frozenset({Action.SEE_IDENTITY}))


def leaving_is_undone_by_a_new_invitation() -> Any:
    """Inviting again wakes the old collaboration, with its shares, without asking."""

    def wrong(made: Collaboration, **_given: Any) -> None:
        if made.person_id and Collaboration.objects.filter(provider_id=made.provider_id, person_id=made.person_id, state="ended").exists():
            Collaboration.objects.filter(pk=made.pk).update(state="active")

    return _after(collaborating, "collaborator_add", wrong)


HOUR: Final = timedelta(hours=1)
FAULTS: Final[dict[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        end_date_forgotten,
        end_date_a_day_late,
        invited_see,
        revoking_gives_nothing_back,
        undo_restores_one_too_many,
        undo_forgets_one,
        standing_grant_takes_single_shares_along,
        standing_grant_reaches_other_providers,
        every_case_but_one_keeps_it,
        taken_away_download_stays,
        hidden_identity_downloads_originals,
        leaving_is_undone_by_a_new_invitation,
    )
}
