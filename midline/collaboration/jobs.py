"""What runs out, and invitations asked for again."""

from midline.collaboration.models import Collaboration
from midline.collaboration.services import invitations_again, lapsed_end
from midline.jobs.services import Claim, handler


@handler("collaboration.lapse")
def lapse(claim: Claim) -> None:
    """Ends what has run out by now; what was prolonged meanwhile stays."""
    row = Collaboration.objects.filter(pk=claim.payload["collaboration"]).first()
    if row is not None:
        lapsed_end(collaboration=row)


@handler("collaboration.again")
def again(claim: Claim) -> None:
    """Idempotent in effect: a second run makes the links anew and the last mail holds the one that works."""
    invitations_again(address=claim.payload["address"])
