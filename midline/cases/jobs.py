"""The rounds of this room."""

from midline.cases.services import searches_forget, views_forget
from midline.jobs.schedule import rounds
from midline.jobs.services import Claim


@rounds("cases.searches", seconds=86_400)
def searches_sweep(claim: Claim) -> None:
    """Forgets what was typed into search boxes 90 days ago, and saved views that were deleted a day ago."""
    claim.beat({"deleted": searches_forget(), "views": views_forget()})
