"""What these tests begin with."""

from uuid import uuid4

import pytest

from midline.cases.models import CaseType
from midline.orders.services import order_start


@pytest.fixture
def order(cast):
    return order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4())
