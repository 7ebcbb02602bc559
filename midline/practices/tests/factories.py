"""Providers and practices for tests."""

import factory

from midline.people.tests.factories import UserFactory
from midline.practices.models import Practice, Provider


class ProviderFactory(factory.django.DjangoModelFactory[Provider]):
    class Meta:
        model = Provider

    person = factory.SubFactory(UserFactory)
    license_number = "NO-1234"
    country = "NO"
    state = Provider.State.CONFIRMED


class PracticeFactory(factory.django.DjangoModelFactory[Practice]):
    class Meta:
        model = Practice

    provider = factory.SubFactory(ProviderFactory)
    name = factory.Sequence(lambda n: f"Practice {n}")
    time_zone = "Europe/Oslo"
