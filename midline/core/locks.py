"""How rows are locked before they are written."""

from collections.abc import Sequence
from typing import Self, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class LockedWithoutKey(models.QuerySet[Row]):
    """`select_for_update` leaves the key free unless told otherwise: on PostgreSQL rows that only name this one (a comment on a case, a
    mark of a collaborator, 100,000 shares) may be written meanwhile, so they neither wait for the lock nor deadlock with its holder.

    Who is about to delete the row says `no_key=False`.
    """

    def select_for_update(self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = True) -> Self:
        return super().select_for_update(nowait=nowait, skip_locked=skip_locked, of=of, no_key=no_key)
