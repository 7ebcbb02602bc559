"""Collaborations for tests."""

import factory

from midline.collaboration.models import Collaboration, Grant
from midline.core import clock
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import ProviderFactory

EVERY_GRANT = {grant.value: True for grant in Grant}


class CollaborationFactory(factory.django.DjangoModelFactory[Collaboration]):
    """Active, evaluates, shares no case yet, nothing granted."""

    class Meta:
        model = Collaboration

    provider = factory.SubFactory(ProviderFactory)
    person = factory.SubFactory(UserFactory)
    email = factory.LazyAttribute(lambda o: o.person.email if o.person else f"invited{id(o)}@example.org")
    first_name = factory.LazyAttribute(lambda o: o.person.first_name if o.person else "Invited")
    last_name = factory.LazyAttribute(lambda o: o.person.last_name if o.person else "Person")
    state = Collaboration.State.ACTIVE
    accepted_at = factory.LazyFunction(clock.now)
