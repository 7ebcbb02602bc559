"""What happens to cases. READER is the action that reads the line in a history."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from midline.activity.events import Happening
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.people.policies import Actor


@dataclass(frozen=True, kw_only=True)
class CaseHappening(Happening):
    READER: ClassVar[str] = Action.VIEW

    case: Case | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, case: Case, by: Actor | None, *, subject_kind: str = "", subject_id: int | None = None, **data: Any) -> Self:
        """The event on `case`, done by `by` (None: by the product itself)."""
        return cls(
            by_id=by.user_id if by else None,
            workspace=by.workspace if by else "",
            provider_id=case.provider_id,
            case_id=case.pk,
            subject_kind=subject_kind,
            subject_id=subject_id,
            data=data,
            case=case,
        )


class OrderBegun(CaseHappening):
    KIND = "order.begun"


class OrderMoved(CaseHappening):
    """data: event, from, to, and what the mover said. The history and the e-mails tell each event by its name."""

    KIND = "order.moved"


class OrderSaved(CaseHappening):
    KIND = "order.saved"


class DraftDiscarded(CaseHappening):
    KIND = "order.discarded"


class RecordsAsked(CaseHappening):
    KIND = "records.asked"


class CaseCorrected(CaseHappening):
    """data: changed, the names of the fields; never a value, because values are names."""

    KIND = "case.corrected"


class CaseShared(CaseHappening):
    """One case and one or more collaborations: data has added and removed (names; their ids in added_ids and removed_ids).

    What is taken away on the case: withheld (name → permissions), withheld_ids.
    """

    KIND = "case.shared"
    READER = Action.READ_SHARES


class CasesShared(Happening):
    """Many cases with one collaboration, or a standing grant: data has act, count, name, batch; except_case where one was left out."""

    KIND = "cases.shared"


class MarkedReady(CaseHappening):
    KIND = "setup.ready"
    READER = Action.READ_CONVERSATION


class ReadyTakenBack(CaseHappening):
    KIND = "setup.ready_taken_back"
    READER = Action.READ_CONVERSATION


class PushedBack(CaseHappening):
    KIND = "setup.pushed_back"
    READER = Action.READ_CONVERSATION
