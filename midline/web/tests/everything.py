"""What every address names, for the one test over all of them: each address stands on something that is really there.

People beside the cast: whom access was given and taken away from, by an act and by the clock alone; who has not answered an invitation;
and a provider who is another provider's collaborator, once in each of the two workspaces.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from midline.activity.models import Event
from midline.cases.models import Case, CaseType
from midline.cases.services import case_begin, cases_share, patient_save, view_save
from midline.cases.tests.factories import make_case, share
from midline.cases.tests.test_account_collaborators.test_changing import change
from midline.collaboration.models import Collaboration, Grant, Invitation
from midline.collaboration.queries import token_of
from midline.collaboration.services import collaboration_revoke
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.core import clock
from midline.core.workspace import Workspace
from midline.notify.links import unsubscribe_address
from midline.notify.mailbox import letters
from midline.notify.models import Delivery
from midline.notify.tests.factories import invited
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice, PreferenceSet
from midline.practices.tests.factories import PracticeFactory
from midline.records.models import Slot
from midline.records.tests.factories import place_record, tus_metadata
from midline.setups.models import SetupImport
from midline.setups.tests.factories import _stored
from midline.web.tests.below_a_case import Held, held_case

TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class There:
    """`values` is what addresses name; `elsewhere` what those of a room, or one address, name instead; `sent` what is sent along."""

    people: dict[str, Any]
    values: dict[str, Any]
    elsewhere: dict[str, dict[str, Any]]
    sent: dict[str, dict[str, Any]]

    def named(self, name: str) -> dict[str, Any]:
        room = name.partition(":")[0]
        return self.values | self.elsewhere.get(room, {}) | self.elsewhere.get(name, {})


def everything(cast: Any) -> There:
    """The world: one case that holds something of every room, one draft of a collaborator, one letter, one invitation."""
    people = _people(cast)
    _more_collaborators(cast, people)
    held = held_case(cast)
    _thumb(held.item)
    draft = _draft(cast)
    invitation = Invitation.objects.get(person=people["invited"].user)
    batch = cases_share(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.filter(pk=cast.case.pk), by=cast.owner.actor)
    change(cast.owner.client, cast.with_no_grant.collaboration, download="on")
    changed = Event.objects.filter(kind="collaboration.changed").latest("id")
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(download=False)
    preferences = PreferenceSet.objects.create(provider=cast.practice.provider, name="Usual", data={})
    upload = held.uploads[0].rstrip("/").rpartition("/")[2]
    heard = Delivery.objects.filter(person=cast.with_every_grant.user, channel=Delivery.Channel.BELL, state="shown").latest("id")
    newcomer = {"token": _to_a_newcomer(cast)}
    values = held.ids | {
        "collaboration_id": cast.with_no_grant.collaboration.pk,
        "batch_id": batch.pk,
        "event_id": changed.pk,
        "view_id": view_save(name="Everything", query="", term="", by=cast.owner.actor).pk,
        "practice_id": cast.practice.pk,
        "what": "thumb",
        "upload_id": upload,
        "pk": heard.pk,
        "token": token_of(invitation),
        "name": _letter(),
        "key": "nothing",
        "uidb36": "1",
    }
    elsewhere: dict[str, dict[str, Any]] = {
        "orders": draft,
        "records:move": draft,
        "collaboration:register": newcomer,
        "collaboration:passkey": newcomer,
        "setups:model": {"what": "preview"},
        "setups:picture": {"what": "front"},
        "notify:unsubscribe": {"token": unsubscribe_address(cast.owner.user, "provider.setup_ready").rstrip("/").rpartition("/")[2]},
    }
    return There(people, values, elsewhere, _sent(cast, held, values, preferences))


def _person(cast: Any, user: Any, workspace: Workspace, **more: Any) -> Any:
    client = Client()
    client.force_login(user)
    return type(cast.owner)(user, Actor(user, workspace, more.pop("provider_id", None)), client, **more)


def _people(cast: Any) -> dict[str, Any]:
    names = ("owner", "with_every_grant", "with_no_grant", "technician", "stranger", "other_provider")
    people = {name: getattr(cast, name) for name in names}
    people["administrator"] = _person(cast, UserFactory(is_staff=True, is_superuser=True), Workspace.COLLABORATOR)
    make_case(Practice.objects.get(provider=cast.other_provider.user.provider))
    return people


def _more_collaborators(cast: Any, people: dict[str, Any]) -> None:
    """Each was given everything on the case, and every case besides; what became of it since differs."""
    for name in ("revoked", "expired"):
        given = CollaborationFactory(provider=cast.practice.provider, every_case=True, **EVERY_GRANT)
        share(cast.case, given)
        people[name] = _person(cast, given.person, Workspace.COLLABORATOR, collaboration=given)
    collaboration_revoke(collaboration=people["revoked"].collaboration, by=cast.owner.actor)
    past = clock.now() - timedelta(seconds=1)
    Collaboration.objects.filter(pk=people["expired"].collaboration.pk).update(ends_at=past)

    asked = UserFactory()
    row = invited(cast.owner.actor, asked.email, grants=list(Grant.values), every_case=True)
    share(cast.case, row)
    people["invited"] = _person(cast, asked, Workspace.COLLABORATOR, collaboration=row)

    practice = PracticeFactory()
    make_case(practice)
    given = CollaborationFactory(provider=cast.practice.provider, person=practice.provider.person, **EVERY_GRANT)
    share(cast.case, given)
    people["colleague"] = _person(cast, given.person, Workspace.COLLABORATOR, collaboration=given)
    home = people["colleague"]
    people["colleague_at_home"] = replace(home, actor=Actor(given.person, Workspace.PROVIDER, practice.provider_id))


def _to_a_newcomer(cast: Any) -> str:
    """The link of an invitation to an address that has no account."""
    row = invited(cast.owner.actor, "newcomer@example.org")
    return token_of(Invitation.objects.filter(collaboration=row).latest("id"))


def _draft(cast: Any) -> dict[str, Any]:
    """An order that the collaborator with every grant began for the provider; the other collaborators of the case share it."""
    planner = cast.with_every_grant
    order = case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=planner.actor, key=uuid4(), values={"arches": "both"})
    case = Case.objects.get(pk=order.case_id)
    patient_save(case=case, by=planner.actor, first_name="Zofia", last_name="Dąbrowska")
    for row in Collaboration.objects.filter(provider=cast.practice.provider).exclude(person=planner.user):
        share(case, row)
    record = place_record(order, planner.actor, Slot.PROFILE, "photo.jpg")
    return {"number": case.number, "order_id": order.pk, "record_id": record.pk}


def _thumb(item: SetupImport) -> None:
    item.report["files"][0]["thumb"] = "first"
    item.thumbs = {"first": _stored(b"a picture")}
    item.save()


def _letter() -> str:
    """A letter of the development mailbox, by the name it has there."""
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1.log").write_bytes(b"Message-ID: <1@example.org>\nSubject: Hello\nContent-Type: text/html\n\nHello.\n")
    return letters()[0].name


def _sent(cast: Any, held: Held, values: dict[str, Any], preferences: PreferenceSet) -> dict[str, dict[str, Any]]:
    """What goes along with an address and its method; what is not here goes empty."""
    begins = {"provider": cast.practice.provider_id, "practice": cast.practice.pk, "key": str(uuid4())}
    chosen = {"case": values["number"], "collaboration": values["collaboration_id"]}
    about = tus_metadata(order=values["order_id"], slot="profile", filename="a.jpg")
    piece = {**TUS, "Upload-Offset": "0"}
    return {
        "orders:add POST": {"data": begins},
        "orders:add_retainer POST": {"data": begins},
        "orders:autosave POST": {"data": {"field": "first_name", "first_name": "Ann", "before_first_name": '"Zofia"'}},
        "orders:field GET": {"data": {"name": "first_name"}},
        "orders:prefer POST": {"data": {"set": preferences.pk}},
        "cases:orders_share POST": {"data": chosen},
        "cases:shares_change POST": {"data": chosen},
        "cases:view_change POST": {"data": {"act": "rename", "name": "Other"}},
        "records:uploads POST": {"headers": {**TUS, "Upload-Length": "100", "Upload-Metadata": about}},
        "records:move POST": {"data": {"slot": "face_rest"}},
        "records:upload HEAD": {"headers": TUS},
        "records:upload PATCH": {"data": b"abc", "content_type": "application/offset+octet-stream", "headers": piece},
        "records:upload DELETE": {"headers": TUS},
        "records:send POST": {"data": lambda: {"profile": SimpleUploadedFile("a.jpg", b"no picture")}},
        "conversation:comment_edit POST": {"data": {"body": "Look at 22."}},
        "lab:answer POST": {"data": {"answer": "done"}},
    }
