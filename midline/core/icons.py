"""Icons of the sprite, as every page draws them."""

from functools import lru_cache
from html import escape

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe


@lru_cache(1_024)
def icon(name: str, size: str = "", label: str = "", class_name: str = "") -> SafeString:
    """An icon of the sprite (sizes sm, lg, xl). Hidden from screen readers unless `label` names it; `class_name` adds classes."""
    classes = " ".join(filter(None, ["i", f"i-{size}" if size else "", class_name]))
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<svg class="{escape(classes)}" {named}><use href="{escape(static("web/icons.svg"))}#i-{escape(name)}"/></svg>'
    )
