"""A case that holds something of every room, and every address below it, read from the addresses of the portal itself."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from midline.cases.models import Case
from midline.cases.services import order_move
from midline.cases.tests.addresses import ALL
from midline.conversation.models import ChangeItem, Comment, CommentFile
from midline.conversation.services import Wanted, comment_add, request_propose
from midline.core.ids import new_key
from midline.records.models import Slot
from midline.records.services import upload_begin
from midline.records.tests.factories import add_record
from midline.setups.models import SetupImport
from midline.setups.services.decisions import setup_decline
from midline.setups.tests.factories import make_import, make_version

# What an address may name, where one value does not show all of it.
EVERY = {
    "conversation:file": ("what", ("thumb", "shown")),
    "records:file": ("what", ("thumb", "shown", "original", "model", "scrubbed")),
    "setups:model": ("what", ("preview", "full")),
    "setups:picture": ("what", ("front", "start")),
    "setups:review": ("version", (1, 2)),
    "orders:step": ("step", (1, 2, 3)),
}


@dataclass
class Held:
    """The ids of what stands on a case; `uploads` are addresses of uploads on their way."""

    ids: dict[str, Any]
    item: SetupImport
    uploads: list[str]

    def paths(self, workspace: str, **other: Any) -> dict[str, str]:
        """path → name of every address that names something below a case."""
        known = self.ids | {"workspace": workspace} | other
        found = dict.fromkeys(self.uploads, "records:upload")
        for name, address in ALL.items():
            if "number" not in address.wants or not address.in_workspace or not address.wants <= known.keys() | {"what"}:
                continue
            key, values = EVERY.get(name, ("", (None,)))
            for value in values:
                given = known | ({key: other.get(key, value)} if key else {})
                found[reverse(name, kwargs={want: given[want] for want in address.wants})] = name
        return found


def held_case(cast) -> Held:
    """The cast's case, planned by the collaborator with every grant: version 1 declined, version 2 built, uploads on their way."""
    case, planner, owner = cast.case, cast.with_every_grant, cast.owner
    record = add_record(case.current_order, owner.actor, Slot.FRONT_BITE)
    order = order_move(order=case.current_order, event="take", by=planner.actor)
    version = make_version(Case.objects.get(pk=case.pk), planner.user)
    order_move(order=order, event="publish", by=planner.actor, version=1)
    case = Case.objects.get(pk=case.pk)
    for person in (owner, planner, cast.with_no_grant):
        comment_add(case=case, by=person.actor, body="Look at 21.", key=new_key())
    beside = Comment.objects.get(author=owner.user)
    file = CommentFile.objects.create(
        comment=beside, filename="Smile 1.jpg", content_type="image/jpeg", size=1, key=record.served_key, sha256=record.served_sha256,
        thumb_key=record.thumb_key, thumb_sha256=record.thumb_sha256,
    )  # fmt: skip
    request = request_propose(case=case, version=1, by=planner.actor, wanted=[Wanted(21, "other", None, "Out")], words="", key=new_key())
    line = [Wanted(11, "other", None, "In")]
    setup_decline(version=version, by=owner.actor, seen_hash=version.content_hash, wanted=line, words="", ticked=frozenset(), key=new_key())
    order.refresh_from_db()
    item = make_import(order, planner.user)
    slots = ((Slot.PROFILE, "record"), ("", "setup"))
    begun = [
        upload_begin(order=order, by=planner.actor, filename="a.zip", size=100, slot=str(slot), purpose=purpose) for slot, purpose in slots
    ]
    ids = {
        "number": case.number,
        "order_id": order.pk,
        "record_id": record.pk,
        "comment_id": Comment.objects.get(author=planner.user).pk,
        "file_id": file.pk,
        "request_id": request.pk,
        "item_id": ChangeItem.objects.exclude(request=request).get().pk,
        "import_id": item.pk,
        "version": 1,
        "other": 1,
        "kind": "ipr",
        "index": 0,
        "step": 1,
        "slot": "profile",
        "event": "hold",
    }
    return Held(ids, item, [reverse("records:upload", args=["collaborator", upload.pk]) for upload in begun])
