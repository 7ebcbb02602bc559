"""An import as a page shows it: steps, stages found, files with what is proposed and answered, tooth numbers, the plan's rows."""

from midline.lab.import_page.files import FileGroup, FileRow, Posted, Strip, file_groups, file_rows, mapping_posted, megabytes, strips
from midline.lab.import_page.names import Names
from midline.lab.import_page.plan import PlanRows
from midline.lab.import_page.steps import Step, steps
from midline.lab.import_page.teeth import ToothArch, numbers_posted, tooth_arches

__all__ = [
    "FileGroup",
    "FileRow",
    "Names",
    "PlanRows",
    "Posted",
    "Step",
    "Strip",
    "ToothArch",
    "file_groups",
    "file_rows",
    "mapping_posted",
    "megabytes",
    "numbers_posted",
    "steps",
    "strips",
    "tooth_arches",
]
