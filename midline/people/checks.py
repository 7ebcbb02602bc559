"""What `python manage.py check --deploy` says about accounts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from midline.people.backends import DEMO_DOMAIN
from midline.people.models import User


@register(Tags.security, deploy=True)
def no_accounts_of_the_demo(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Production settings over the demo's data. A database that is away or not migrated yet holds no account to report."""
    if not settings.PRODUCTION:
        return []
    try:
        found = User.objects.filter(email__iendswith=DEMO_DOMAIN).count()
    except DatabaseError:
        return []
    if not found:
        return []
    return [
        Error(
            f"This database holds {found} accounts of the demo ({DEMO_DOMAIN}). Their password is public, so their sign-in is refused.",
            hint="Use a database without the demo's data, or delete these accounts.",
            id="people.E001",
        )
    ]
