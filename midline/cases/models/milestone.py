"""What the figures of a dashboard are read from: when orders were submitted, sent back and approved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from midline.cases.models.case import Case
from midline.cases.models.order import Order
from midline.cases.models.status import Status
from midline.practices.models import Provider

# While an order stands so, it waits for the provider or, while they evaluate, for the provider's collaborators.
WAITS_FOR_PROVIDER: Final = frozenset({Status.RECORDS_NEEDED.value, Status.AWAITING_APPROVAL.value})


class Milestone(models.Model):
    """An order was submitted, a setup of it was sent back, or one was approved. Written in the transaction of that, never changed.

    round: which setup of this order it was about (1 the first), 0 for submitted. at_s: seconds since 1970, UTC; took_s: seconds from the
    submission to here; waited_s: how many of these the order waited for the provider. Whole numbers and not moments, because the figures
    of all time are read from 40,000 rows of one provider. provider and case are the order's, for the index and for the practice.
    """

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        DECLINED = "declined", _("Sent back")
        APPROVED = "approved", _("Approved")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="milestones", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    round = models.PositiveSmallIntegerField(default=0)
    at_s = models.BigIntegerField()
    took_s = models.BigIntegerField(default=0)
    waited_s = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "kind", "round"], name="one_milestone_per_order_kind_and_round")]
        indexes = [
            models.Index(fields=["provider", "at_s", "kind", "round", "took_s", "waited_s", "case"], name="milestone_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.round}"


@dataclass(frozen=True)
class Reached:
    """A milestone before it is written."""

    kind: str
    round: int
    at_s: int
    took_s: int
    waited_s: int


_KINDS: Final = {"submit": "submitted", "send_changes": "declined", "approve": "approved"}


def milestones_of(moves: Iterable[tuple[datetime, Mapping[str, Any]]]) -> list[Reached]:
    """The milestones of one order, from all its moves in their order: (when, the data of `order.moved`)."""
    found: list[Reached] = []
    submitted: float | None = None
    since, stands, rounds, waited = 0.0, "", 0, 0.0
    for moment, data in moves:
        at = moment.timestamp()
        if stands in WAITS_FOR_PROVIDER:
            waited += at - since
        since, stands, event = at, str(data["to"]), str(data["event"])
        if event == "submit":
            submitted = at
        rounds += event == "publish"
        if kind := _KINDS.get(event):
            took = at - submitted if submitted is not None else 0.0
            found.append(Reached(kind, 0 if event == "submit" else rounds, int(at), round(took), round(waited)))
    return found
