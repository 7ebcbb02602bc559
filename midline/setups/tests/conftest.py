"""What the tests of this room share: a case whose first version waits for a decision."""

import pytest

from midline.cases.tests.factories import move
from midline.setups.models import SetupVersion
from midline.setups.tests.factories import make_version


@pytest.fixture
def awaiting(cast) -> SetupVersion:
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user)
    move(case, "publish", technician=cast.technician.user)
    return SetupVersion.objects.get(pk=version.pk)
