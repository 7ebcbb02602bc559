"""What the Dashboard of a provider shows: cards, what waits longest, what is new, practice insights."""

from midline.web.dashboard.page import Choice, dashboard_of

__all__ = ["Choice", "dashboard_of"]
