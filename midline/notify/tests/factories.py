"""Things that happen, for tests of what people are told of them."""

from email.message import Message
from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from midline.activity import services as activity
from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.events import CaseHappening
from midline.cases.models import Case
from midline.collaboration.models import Collaboration
from midline.collaboration.services import collaborator_add, consent_give
from midline.conversation.events import Commented
from midline.conversation.services import comment_add
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.notify.models import Delivery
from midline.people.policies import Actor
from midline.setups.events import SetupApproved, SetupDeclined, SetupPublished

PATIENT = ("Quirinia", "Zyxwvutowska")


def name_patient(case: Case) -> None:
    """Gives the case's patient a name that stands nowhere else."""
    assert case.patient is not None
    case.patient.first_name, case.patient.last_name = PATIENT
    case.patient.save()


def published(case: Case, by: Actor, version: int = 1) -> Event:
    told: dict[str, Any] = {"version": version, "stages_upper": 22, "stages_lower": 18, "note": f"For {' '.join(PATIENT)}"}
    return activity.record(SetupPublished.of(case, by, subject_kind="version", subject_id=version, **told))


def declined(case: Case, by: Actor, version: int = 1) -> Event:
    told: dict[str, Any] = {"version": version, "requests": [], "words": f"For {' '.join(PATIENT)}", "joined": False}
    return activity.record(SetupDeclined.of(case, by, subject_kind="version", subject_id=version, **told))


def approved(case: Case, by: Actor, version: int = 1) -> Event:
    told: dict[str, Any] = {"version": version, "content_hash": "0" * 64}
    return activity.record(SetupApproved.of(case, by, subject_kind="version", subject_id=version, **told))


def commented(case: Case, by: Actor, body: str = "Tooth 13 stands too far out.", mentions: frozenset[int] = frozenset()) -> Event:
    comment_add(case=case, by=by, body=body, key=new_key(), mentions=mentions)
    return Event.objects.filter(kind=Commented.KIND).latest("id")


def happened(kind: type[CaseHappening], case: Case, by: Actor | None, **data: Any) -> Event:
    return activity.record(kind.of(case, by, subject_kind="version", subject_id=1, **data))


def recorded(kind: str, **fields: Any) -> Event:
    """An event of a kind that no room has a class for."""

    class Anything(Happening):
        KIND = kind

    return activity.record(Anything(**{"by_id": None, **fields}))


def invited(owner: Actor, email: str, **settled: Any) -> Collaboration:
    """A collaboration of this provider, with the invitation on its way."""
    by = Actor(owner.user, Workspace.ACCOUNT, owner.provider_id)
    consent_give(by=by, address=None)
    return collaborator_add(by=by, email=email, first_name="Priya", last_name="Nair", **settled)


def told(event: Event | None, channel: Delivery.Channel = Delivery.Channel.MAIL) -> dict[str, str]:
    """address → kind of the deliveries of an event by one channel."""
    return dict(Delivery.objects.filter(event=event, channel=channel).values_list("address", "kind"))


def sent(address: str | None = None) -> list[mail.EmailMessage]:
    """E-mails that the worker has sent once everything due is done; of one address, or all."""
    jobs.run_all()
    return [message for message in mail.outbox if address is None or message.to == [address]]


def html(message: mail.EmailMessage) -> str:
    """The HTML part."""
    assert isinstance(message, EmailMultiAlternatives)
    [(content, kind)] = message.alternatives
    assert kind == "text/html"
    return str(content)


def whole(message: mail.EmailMessage) -> str:
    """Everything of an e-mail that anybody can read: headers and both parts, decoded."""
    parsed: Message = message.message()
    parts = [part.get_payload(decode=True) for part in parsed.walk() if not part.is_multipart()]
    return "\n".join([f"{name}: {value}" for name, value in parsed.items()] + [bytes(part).decode() for part in parts])
