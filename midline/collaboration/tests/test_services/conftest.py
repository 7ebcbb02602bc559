"""What these tests begin with."""

import pytest

from midline.collaboration import services
from midline.collaboration.tests.test_services.steps import acting
from midline.practices.tests.factories import PracticeFactory


@pytest.fixture
def provider():
    """Confirmed, in Oslo, both texts ticked."""
    provider = PracticeFactory().provider
    services.consent_give(by=acting(provider), address="192.0.2.7")
    return provider
