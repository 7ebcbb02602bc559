"""What `meshes` says of a file, in the reader's language.

`meshes` knows nothing of this portal and writes English sentences with the values it met. Here stands each of them once, as a pattern;
a sentence is recognised by its words and said again with its values. One that is not known stays English: better than silence.
"""

import re
from functools import cache
from typing import Final

from django.utils.translation import gettext, gettext_noop

SENTENCES: Final = (
    gettext_noop("Pack the exported models again as an ordinary ZIP and upload that."),
    gettext_noop("This file is not a ZIP, or its end is missing."),
    gettext_noop("The ZIP has %(a)s entries; %(b)s are read at most."),
    gettext_noop("Leave out everything but the staged models and pack it again."),
    gettext_noop("One entry of the ZIP has no name."),
    gettext_noop("The ZIP holds this name twice (also as “%(a)s”), so one would hide the other."),
    gettext_noop("Give every file its own name, whatever the case of its letters, and pack it again."),
    gettext_noop("The ZIP unpacks to more than %(a)s MB."),
    gettext_noop("Export fewer triangles, or split the case."),
    gettext_noop("It unpacks to more than the %(a)s bytes the ZIP announces."),
    gettext_noop("Its bytes in the ZIP are damaged: they do not unpack to what the ZIP announces."),
    gettext_noop("It unpacks to %(a)s bytes; the ZIP announces %(b)s."),
    gettext_noop("Its name in the ZIP is an absolute path."),
    gettext_noop("Pack the files with relative names."),
    gettext_noop("Its name in the ZIP climbs out of the folder with “..”."),
    gettext_noop("Pack the files with plain names."),
    gettext_noop("This entry of the ZIP is %(a)s."),
    gettext_noop("Pack the files themselves."),
    gettext_noop("This entry of the ZIP is encrypted."),
    gettext_noop("Pack the files without a password; the upload itself is protected."),
    gettext_noop("It is compressed with method %(a)s, which is not read."),
    gettext_noop("Pack the files with the usual ZIP compression (deflate)."),
    gettext_noop("It unpacks to %(a)s MB; %(b)s MB a file are read at most."),
    gettext_noop("Export this model with fewer triangles."),
    gettext_noop("It claims to unpack to %(a)s MB, %(b)s times its size in the ZIP; the limit is %(c)s."),
    gettext_noop("Pack the exported models again; real models do not shrink that far."),
    gettext_noop("It shares its bytes in the ZIP with “%(a)s”."),
    gettext_noop("It is an archive inside the ZIP; archives inside archives are not opened."),
    gettext_noop("Pack the models themselves into one ZIP."),
    gettext_noop("No single teeth could be told apart; the arch is shown as one piece."),
    gettext_noop("The step could not be watched."),
    gettext_noop("It took longer than %(a)s seconds and was ended."),
    gettext_noop("It needed more than %(a)s GB of memory and was ended."),
    gettext_noop("It was ended in the middle, probably for want of memory (%(a)s GB)."),
    gettext_noop("It used more than %(a)s seconds of CPU, or too much memory, and was ended."),
    gettext_noop("The models could not be read because of a fault in the program."),
    gettext_noop("Try again, and tell the administrator if it happens again."),
    gettext_noop("Export with the same vertex order at every stage."),
    gettext_noop("The name says upper and lower."),
    gettext_noop("The name has no word for the stage; its last number, %(a)s, was taken."),
    gettext_noop("No arch in the name."),
    gettext_noop("The name says %(a)s, but its triangles are those of the %(b)s files."),
    gettext_noop("The arch is not clear from it."),
    gettext_noop("The name says final without a number; %(a)s follows the highest stage of this arch."),
    gettext_noop("No stage in the name."),
    gettext_noop("No stage in the name; the shape lies between stages %(a)s and %(b)s."),
    gettext_noop("The shape lies between stages %(a)s and %(b)s."),
    gettext_noop("The shape lies between stages %(a)s and %(b)s, which does not fit."),
    gettext_noop("The other is “%(a)s”."),
    gettext_noop("Export it as STL."),
    gettext_noop("It is %(a)s mm across; an arch measures %(b)s, so the unit is probably another."),
    gettext_noop("Export in millimetres."),
    gettext_noop("Upload STL, PLY or OBJ files one by one."),
    gettext_noop("Scans are STL, PLY or OBJ; this name ends in “%(a)s”."),
    gettext_noop("Export the scan as STL."),
    gettext_noop("It has %(a)s MB; %(b)s MB is the limit."),
    gettext_noop("Export it with fewer triangles."),
    gettext_noop("The ZIP holds %(a)s models; a ZIP is read as one scan when it holds exactly one."),
    gettext_noop("The scan is %(a)s mm across; an arch measures %(b)s. Check that it was exported in millimetres."),
    gettext_noop("No file is mapped to an arch and a stage."),
    gettext_noop("Give at least one file an arch and a stage."),
    gettext_noop("The ZIP holds no file of this name."),
    gettext_noop("Read the ZIP again and confirm the mapping."),
    gettext_noop("Its arch is “%(a)s”; an arch is upper or lower."),
    gettext_noop("Choose Upper or Lower."),
    gettext_noop("Its stage is “%(a)s”; a stage is a whole number from 0 to %(b)s."),
    gettext_noop("Type the number of the stage."),
    gettext_noop("Keep one of the two, or type another stage."),
    gettext_noop("Add the missing file to the ZIP, or correct the stages."),
    gettext_noop("Export with fewer triangles."),
    gettext_noop("Export this model again, wait until the program says it has finished, and upload the new file."),
    gettext_noop("The file is empty."),
    gettext_noop("A corner lies %(a)s mm from the origin; %(b)s mm is the limit."),
    gettext_noop("Export in millimetres, near the origin."),
    gettext_noop("It has %(a)s triangles; %(b)s are read at most."),
    gettext_noop("It has %(a)s triangles; a model has at least %(b)s."),
    gettext_noop("This is a web page, not an STL; the download probably asked for a sign-in."),
    gettext_noop("Download the model itself and upload that."),
    gettext_noop("The file has %(a)s bytes, too few for an STL."),
    gettext_noop("This is not an STL: its header announces %(a)s triangles and its %(b)s bytes hold %(c)s at most."),
    gettext_noop("Cut off: %(a)s triangles announced, %(b)s there."),
    gettext_noop("Its header announces 0 triangles, yet %(a)s bytes follow."),
    gettext_noop("Its size does not fit its header: %(a)s triangles announced, %(b)s and %(c)s bytes there."),
    gettext_noop("This text STL has %(a)s MB; %(b)s MB is the limit."),
    gettext_noop("Export it as binary STL."),
    gettext_noop("Cut off: the text ends without its “endsolid” line."),
    gettext_noop("It has %(a)s facets and %(b)s corners; every facet needs three."),
    gettext_noop("Its %(a)s corners have %(b)s numbers; each needs three."),
    gettext_noop("One of its corners is not a number."),
    gettext_noop("One of its faces names a vertex that does not exist."),
    gettext_noop("This is not a PLY: its header has no beginning or no end."),
    gettext_noop("Its PLY format is “%(a)s”, which is not one."),
    gettext_noop("Its PLY header has a line that is not understood: “%(a)s”."),
    gettext_noop("Its header announces %(a)s of “%(b)s”; %(c)s is the limit."),
    gettext_noop("Its element “%(a)s” is not understood; vertices and faces are."),
    gettext_noop("Export vertices and faces only."),
    gettext_noop("It holds no surface: vertices or faces are missing."),
    gettext_noop("Export the scan as a surface, not as points."),
    gettext_noop("This text PLY has %(a)s MB; %(b)s MB is the limit."),
    gettext_noop("Export it as binary PLY."),
    gettext_noop("Cut off: %(a)s rows announced, %(b)s there."),
    gettext_noop("One of its values is not a number."),
    gettext_noop("Its vertices have no x, y and z."),
    gettext_noop("One of its vertices has too few or too many values."),
    gettext_noop("One of its faces does not list its corners properly."),
    gettext_noop("Cut off: %(a)s vertices announced, %(b)s there."),
    gettext_noop("This OBJ has %(a)s MB; %(b)s MB is the limit."),
    gettext_noop("This is not an OBJ: it is not text."),
    gettext_noop("One of its lines is not understood: “%(a)s”."),
    gettext_noop("One of its faces has too few or too many corners."),
    gettext_noop("It has %(a)s triangles; %(b)s to %(c)s are read."),
    gettext_noop("One of its faces names vertex %(a)s; there are %(b)s."),
    gettext_noop("One of its vertices is not a number."),
    gettext_noop("A vertex lies %(a)s mm from the origin; %(b)s mm is the limit."),
    gettext_noop("The models need more memory than an import may use."),
    gettext_noop("Ask the administrator to look at the worker."),
    gettext_noop("Node.js is not installed, so models cannot be packed."),
    gettext_noop("Packing took longer than 300 s."),
    gettext_noop("It is larger than a tooth, so it is taken for the gingiva."),
    gettext_noop("No arch in the name; it lies nearest to the upper teeth."),
    gettext_noop("No arch in the name; it lies nearest to the lower teeth."),
    gettext_noop("No file name holds a tooth number; the numbers come from the order and the size of the teeth."),
    gettext_noop("No system has all of these tooth numbers; %(a)s has most of them."),
    gettext_noop("The name says upper, but tooth %(a)s (FDI) is a lower tooth."),
    gettext_noop("The name says lower, but tooth %(a)s (FDI) is an upper tooth."),
    gettext_noop("“%(a)s” is no tooth number in %(b)s."),
    gettext_noop("“%(a)s” is a tooth number in %(b)s only."),
    gettext_noop("“%(a)s” is named %(b)s, which holds in %(c)s only."),
    gettext_noop("The name says it is a template. It is kept beside the stages."),
    gettext_noop("The name says it is a retainer. It is kept beside the stages."),
    gettext_noop("The name says it is an overcorrection. It is kept beside the stages."),
    gettext_noop("The name says it is an attachment model. It is kept beside the stages."),
    gettext_noop("The names give quadrant and number, such as “%(a)s”."),
    gettext_noop("The names say %(a)s."),
    gettext_noop("The numbers exist in FDI and in Universal; FDI was assumed."),
    gettext_noop("The places of the teeth fit %(a)s, not %(b)s."),
    gettext_noop("%(a)s files claim the same place."),
    gettext_noop("A .gltf keeps its geometry in other files, which are never fetched."),
    gettext_noop("A part of this file has the same name as another file of the ZIP."),
    gettext_noop("Rename one of the two."),
    gettext_noop("Cut off before its faces begin."),
    gettext_noop("Cut off in the middle of a chunk."),
    gettext_noop("Cut off in the middle of its faces."),
    gettext_noop("Cut off: %(a)s values announced, fewer are there."),
    gettext_noop("Export it as GLB."),
    gettext_noop("Export it as an ordinary GLB: triangles, not compressed, everything in one file."),
    gettext_noop("Export one GLB a stage, or use the setup package."),
    gettext_noop("Export one model an arch a stage."),
    gettext_noop("It has %(a)s nodes; %(b)s are read at most."),
    gettext_noop("It has more than %(a)s triangles."),
    gettext_noop("It holds no surface: no node has triangles."),
    gettext_noop("It is a GLB of version %(a)s; version 2 is read."),
    gettext_noop("It needs “%(a)s”, which is not read."),
    gettext_noop("Its description does not hold together: %(a)s."),
    gettext_noop("Its description has %(a)s MB; %(b)s MB is the limit."),
    gettext_noop("Its description is not proper JSON."),
    gettext_noop("Its first chunk is not its description."),
    gettext_noop("Its geometry is kept in another file, which is never fetched."),
    gettext_noop("Its header announces %(a)s bytes; %(b)s are there."),
    gettext_noop("Its stages are an animation, which is not read."),
    gettext_noop("One of its surfaces has %(a)s values; 1 to %(b)s are read."),
    gettext_noop("One of its surfaces has morph targets, which are not read."),
    gettext_noop("One of its surfaces has no positions of its own; it may be compressed."),
    gettext_noop("One of its surfaces is made of points, lines or strips, not of triangles."),
    gettext_noop("One of its surfaces is stored sparsely or compressed."),
    gettext_noop("Pack the staged models, one file an arch a stage, into one ZIP."),
    gettext_noop("Staged models are STL, PLY, OBJ or GLB; this file ends in %(a)s."),
    gettext_noop("The ZIP holds more than %(a)s models."),
    gettext_noop("The ZIP holds no model."),
    gettext_noop("This is not a GLB: it does not begin like one."),
    gettext_noop(
        "The teeth are fused with the gingiva; they were told apart by their movement. Teeth that never move stay with the gingiva."
    ),
)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The longest first, so that a sentence is not taken for the beginning of another."""
    found = []
    for text in sorted(SENTENCES, key=len, reverse=True):
        parts = re.split(r"%\((\w)\)s", text)
        pattern = "".join(re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+?)" for n, part in enumerate(parts))
        found.append((text, re.compile(pattern + r"(?= |$)", re.DOTALL)))
    return tuple(found)


def in_words(said: str) -> str:
    """One sentence of `meshes` or several, each in the language that is active."""
    left, words = said.strip(), []
    while left:
        for text, pattern in _patterns():
            if match := pattern.match(left):
                words.append(gettext(text) % match.groupdict() if match.groupdict() else gettext(text))
                left = left[match.end() :].strip()
                break
        else:
            words.append(left)
            break
    return " ".join(words)
