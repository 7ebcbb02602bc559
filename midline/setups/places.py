"""Pins are set on models that exist: asked by the conversation before a pin is kept."""

from django.utils.translation import gettext as _

from midline.cases.models import Case
from midline.conversation.services import PinAt
from midline.core.errors import Refused
from midline.setups.models import SetupVersion


def refuse_wrong_place(case: Case, version: int, pin: PinAt) -> None:
    """Raises Refused when the published version has no such part or stage, or when the part is another tooth.

    A part that is drawn anew at a stage has a node of its own ("upper-05.2"): it is the same part.
    """
    setup = SetupVersion.objects.filter(case=case, number=version, published_at__isnull=False).first()
    part = setup.parts.filter(key=pin.part.partition(".")[0]).only("fdi").first() if setup else None
    if setup is None or part is None:
        words = _("Version %(n)s has no part “%(part)s”. Set the pin again on a tooth.")
        raise Refused(words % {"n": version, "part": pin.part}, field="part")
    last = max(setup.stages_upper, setup.stages_lower)
    if pin.stage > last:
        words = _("Version %(n)s ends at stage %(last)s. Set the pin again.")
        raise Refused(words % {"n": version, "last": last}, field="stage")
    if pin.tooth is not None and pin.tooth != part.fdi:
        words = _("That place is not on tooth %(tooth)s. Set the pin again.")
        raise Refused(words % {"tooth": pin.tooth}, field="tooth")
