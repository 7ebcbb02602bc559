"""Writes on treatment setups: imports, versions, and (in decisions) what is decided on them."""

from midline.setups.services.content import content_hash
from midline.setups.services.imports import import_begin, import_discard, import_map, import_record, import_retry
from midline.setups.services.mapping import MappingRefused
from midline.setups.services.movements import MovementTable
from midline.setups.services.supplying import Supplied, import_go_on, import_supply
from midline.setups.services.versions import (
    AttachmentRow,
    ExtractionRow,
    FieldsRefused,
    IprRow,
    PonticRow,
    plan_errors,
    plan_write,
    teeth_confirm,
    version_publish,
)

__all__ = [
    "AttachmentRow",
    "ExtractionRow",
    "FieldsRefused",
    "IprRow",
    "MappingRefused",
    "MovementTable",
    "PonticRow",
    "Supplied",
    "content_hash",
    "import_begin",
    "import_discard",
    "import_go_on",
    "import_map",
    "import_record",
    "import_retry",
    "import_supply",
    "plan_errors",
    "plan_write",
    "teeth_confirm",
    "version_publish",
]
