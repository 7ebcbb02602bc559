"""The 60 cases of the demo, in every status, each walked through the real life cycle at the time it happened."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from midline.cases.models import CaseType, RecordNeed
from midline.cases.services import Ask
from midline.conversation.services import Wanted

NAMESPACE: Final = UUID("5a0d9a52-54a5-5a14-9d51-6d69646c696e")


def key(*words: object) -> UUID:
    """The same idempotency key each time for the same step, so that loading twice makes nothing twice."""
    return uuid5(NAMESPACE, "/".join(str(word) for word in words))


@dataclass(frozen=True)
class Plan:
    """One case of the demo: how many days ago it began, which events followed how many hours later, and what is special about it.

    wanted: the lines of its change request; answers: what the lab says to each before it publishes again, "" for done, else why not.
    """

    days_ago: float
    events: tuple[str, ...] = ()
    kind: CaseType = CaseType.ALIGNER
    practice: int = 0
    arches: str = "both"
    model: str = ""
    asks: tuple[Ask, ...] = ()
    ready: tuple[str, ...] = ()
    words: str = ""
    wanted: tuple[Wanted, ...] = (Wanted(tooth=42, tooth_b=41, movement="ipr"), Wanted(tooth=21, movement="rotate_mesial"))
    answers: tuple[str, ...] = ()
    comments: tuple[tuple[str, str], ...] = ()
    shared: tuple[str, ...] = ()
    by: str = "provider"
    step: int = 1
    extra: dict[str, Any] = field(default_factory=dict)

    def began(self, now: datetime) -> datetime:
        return now - timedelta(days=self.days_ago)


SUBMIT, TAKE = ("submit",), ("submit", "take")
PUBLISH = (*TAKE, "publish")
APPROVE = (*PUBLISH, "approve")
MAKE = (*APPROVE, "start_manufacturing")
SHIP = (*MAKE, "ship")
WEAR = (*SHIP, "receive")
DONE = (*WEAR, "complete")
RETAINER = CaseType.RETAINER

_MISSING = (Ask("lower_scan", RecordNeed.Kind.MISSING, "The file holds the upper arch twice. Add the lower scan."),)
_UNUSABLE = (
    Ask("front_bite", RecordNeed.Kind.UNUSABLE, "Out of focus: the incisal edges cannot be seen."),
    Ask("left_bite", RecordNeed.Kind.UNUSABLE, "The cheek covers the molars. Use a retractor."),
)

PLANS: Final = (
    # three cases with a full staged setup, imported by the product itself
    Plan(
        24,
        (*PUBLISH, "send_changes", "publish"),
        model="crowding",
        ready=("collaborator", "planning"),
        shared=("collaborator",),
        words="Keep the bite as it is.",
        wanted=(
            Wanted(tooth=12, movement="buccal", amount=Decimal("0.8")),
            Wanted(tooth=12, movement="torque_buccal", amount=Decimal(4)),
            Wanted(tooth=12, movement="rotate_mesial"),
            Wanted(tooth=43, movement="rotate_distal", amount=Decimal(7)),
            Wanted(tooth=21, tooth_b=22, movement="ipr", stage=6, words="So that 22 has room to turn."),
            Wanted(tooth=31, tooth_b=32, movement="ipr", amount=Decimal("0.10"), words="Less than planned."),
            Wanted(tooth=11, movement="intrude", amount=Decimal("0.5")),
        ),
        answers=("", "", "", "", "", "", "11 would leave the bite; it stays where it is."),
        comments=(
            ("collaborator", "The lower midline now follows the upper one. I would stage 21 and 22 a little later."),
            ("provider", "Agreed. Is the torque of 11 enough for you?"),
            ("collaborator", "Yes. Ready from my side."),
        ),
    ),
    Plan(
        19,
        PUBLISH,
        model="spacing",
        practice=1,
        shared=("collaborator",),
        comments=(("planning", "Spaces close from mesial to distal; the last two stages only detail."),),
    ),
    Plan(16, APPROVE, model="crossbite", shared=("collaborator",)),
    # treatment under way and done
    *(Plan(210 + 13 * n, DONE, practice=n % 2) for n in range(4)),
    Plan(190, ("submit", "start_manufacturing", "ship", "complete"), kind=RETAINER, arches="upper"),
    *(Plan(120 + 9 * n, WEAR, practice=n % 2, shared=("collaborator",) if n < 3 else ()) for n in range(8)),
    *(Plan(60 + 4 * n, SHIP, practice=n % 2) for n in range(3)),
    Plan(22, ("submit", "start_manufacturing", "ship"), kind=RETAINER, arches="both"),
    *(Plan(41 + 3 * n, MAKE, practice=n % 2) for n in range(4)),
    Plan(9, ("submit", "start_manufacturing"), kind=RETAINER, arches="lower", practice=1),
    *(Plan(30 + 2 * n, APPROVE, practice=n % 2) for n in range(3)),
    # waiting for a decision
    *(
        Plan(21 + n, PUBLISH, practice=n % 2, shared=("collaborator",) if n % 2 else (), ready=("planning",) if n == 2 else ())
        for n in range(5)
    ),
    Plan(27, PUBLISH, arches="lower", shared=("collaborator",), ready=("collaborator", "planning")),
    Plan(20, PUBLISH, arches="upper", practice=1),
    # the lab works
    *(Plan(1.9 + 1.4 * n, TAKE, practice=n % 2, shared=("collaborator",) if n == 1 else ()) for n in range(4)),
    *(Plan(11 + 2 * n, (*PUBLISH, "send_changes"), practice=n % 2, words="Keep 13 where it is; derotate 23 first.") for n in range(3)),
    *(Plan(1.1 + 0.9 * n, SUBMIT, practice=n % 2) for n in range(4)),
    Plan(2.3, SUBMIT, kind=RETAINER, practice=1, by="collaborator", shared=("collaborator",)),
    # records needed, missing and unusable
    Plan(6, (*SUBMIT, "ask_records"), asks=_MISSING, practice=1, arches="lower"),
    Plan(7, (*TAKE, "ask_records"), asks=_UNUSABLE, shared=("collaborator",)),
    Plan(5, (*SUBMIT, "ask_records"), asks=_MISSING),
    Plan(4, (*TAKE, "ask_records"), asks=_UNUSABLE[:1], practice=1),
    # on hold, cancelled
    Plan(70, (*WEAR, "hold"), practice=1, words="Back from abroad in January."),
    Plan(33, (*TAKE, "hold"), words="Waiting for the filling on 36."),
    Plan(52, (*SUBMIT, "cancel"), words="The patient moved away."),
    Plan(48, (*PUBLISH, "cancel"), practice=1, words="The patient decided against treatment."),
    # drafts
    Plan(0.05, step=2, practice=1),
    Plan(0.9, step=3),
    Plan(1.6, step=1, practice=1),
    Plan(3.2, step=4, by="collaborator", shared=("collaborator",)),
    Plan(2.7, kind=RETAINER, step=2),
)

PATIENTS_OF_COLLEAGUE: Final = ("Vigdís", "Hrafnkelsdóttir", "female")
