"""How production keeps static files: compressed, each under a name that tells its content."""

import re
from typing import Any, Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

BUILT: Final = re.compile(r"dist/assets/.+-[0-9A-Za-z_-]{8}\.\w+(\.br|\.gz)?")


class BuiltStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """What the front-end build has named after its content keeps that name.

    Scripts import each other by it: with a second name they would be fetched, and run, twice.
    """

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        if BUILT.fullmatch(name):
            return name
        return str(super().hashed_name(name, content, filename))
