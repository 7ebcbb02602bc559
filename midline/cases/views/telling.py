"""What an act of sharing says when it is done, with Undo when something changed."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.cases.models import ShareBatch
from midline.collaboration.models import Collaboration


def words_of(batch: ShareBatch, name: str, number: str = "") -> str:
    """The toast of an act on a collaboration. `number`: the case that was taken out of a standing grant."""
    count = batch.count
    words = {
        ShareBatch.Act.SHARE: ngettext("%(n)s case shared with %(name)s.", "%(n)s cases shared with %(name)s.", count),
        ShareBatch.Act.UNSHARE: ngettext("Stopped sharing %(n)s case with %(name)s.", "Stopped sharing %(n)s cases with %(name)s.", count),
        ShareBatch.Act.STANDING_BEGIN: _("Every case shared with %(name)s, and every case to come."),
        ShareBatch.Act.STANDING_END: _("%(name)s keeps the cases that you shared one by one."),
        ShareBatch.Act.WITHHOLD: _("What %(name)s may do on %(number)s is saved."),
        ShareBatch.Act.STANDING_TO_SINGLE: _("Stopped sharing %(number)s with %(name)s. The other cases stay shared."),
    }
    unchanged = {
        ShareBatch.Act.SHARE: _("Nothing changed: %(name)s sees these cases already."),
        ShareBatch.Act.UNSHARE: _("Nothing changed: none of these cases was shared with %(name)s."),
    }
    act = ShareBatch.Act(batch.act)
    return (words[act] if count else unchanged.get(act, words[act])) % {"n": count, "name": name, "number": number}


# How every_case stood before an act that changed it.
BEFORE = {ShareBatch.Act.STANDING_BEGIN: False, ShareBatch.Act.STANDING_END: True, ShareBatch.Act.STANDING_TO_SINGLE: True}


def undo_address(batch: ShareBatch) -> str:
    """Where Undo is posted; empty when the act changed nothing."""
    act = ShareBatch.Act(batch.act)
    changed = batch.before.get("every_case") == BEFORE[act] if act in BEFORE else batch.count
    return reverse("cases:shares_undo", args=[batch.pk]) if changed else ""


def tell(request: HttpRequest, batch: ShareBatch, chosen: Collaboration, number: str = "") -> None:
    messages.success(request, words_of(batch, chosen.name, number), extra_tags=undo_address(batch))
