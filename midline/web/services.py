"""Writes of this room: how the portal looks and listens to one person."""

from midline.people.models import User


def theme_choose(*, by: User, theme: str) -> None:
    """The person's theme, on every device. `theme` is one of User.Theme; anything else changes nothing."""
    if theme in User.Theme.values:
        User.objects.filter(pk=by.pk).update(theme=theme)


def single_keys_choose(*, by: User, on: bool) -> None:
    """Whether single keys act in lists and in the viewer; Ctrl K and Esc always do."""
    User.objects.filter(pk=by.pk).update(single_keys=on)
