"""An import as a page shows it: steps, stages found, files with what is proposed and answered, tooth numbers, the plan's rows."""

from midline.lab.import_page.files import (
    FileGroup,
    FileRow,
    Posted,
    answers_posted,
    file_groups,
    file_rows,
    kind_words,
    looked_at,
    mapping_posted,
    spans,
)
from midline.lab.import_page.names import Names
from midline.lab.import_page.numbers import Numbering, numbering_of
from midline.lab.import_page.plan import PlanRows, movement_names
from midline.lab.import_page.steps import Step, steps
from midline.lab.import_page.strips import Grid, Strip, ends_words, grids, missing_words, strips
from midline.lab.import_page.teeth import ToothArch, numbers_posted, tooth_arches

__all__ = [
    "FileGroup",
    "FileRow",
    "Grid",
    "Names",
    "Numbering",
    "PlanRows",
    "Posted",
    "Step",
    "Strip",
    "ToothArch",
    "answers_posted",
    "ends_words",
    "file_groups",
    "file_rows",
    "grids",
    "kind_words",
    "looked_at",
    "mapping_posted",
    "missing_words",
    "movement_names",
    "numbering_of",
    "numbers_posted",
    "spans",
    "steps",
    "strips",
    "tooth_arches",
]
