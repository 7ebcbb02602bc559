"""What a browser calls itself, in words that a person knows."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# In this order: several browsers name those they descend from.
_BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")]
_SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


@register.filter
def browser(user_agent: str) -> str:
    """ "Chrome on Linux", or the beginning of what was sent when it is none of those known."""
    name = next((name for sign, name in _BROWSERS if f"{sign}/" in user_agent or f"{sign}iOS/" in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return user_agent[:60]
