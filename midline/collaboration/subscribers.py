"""What this room does when something happens in a room below."""

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.collaboration.services import ends_follow_time_zone


def on_event(event: Event, happening: Happening) -> None:
    """A practice that moves to another time zone takes the end of the day with it."""
    if event.kind == "practice.saved" and event.provider_id:
        ends_follow_time_zone(provider_id=event.provider_id)
