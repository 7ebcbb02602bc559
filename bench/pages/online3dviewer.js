/**
 * npm's online-3d-viewer, embedded as its manual says. It opens one model at a time, so each stage is one STL of both arches: kinder to it
 * than two. ?w=…&h=… is the size of the canvas.
 */
import { EmbeddedViewer, RGBColor } from "online-3d-viewer";

const asked = new URLSearchParams(location.search);
const box = document.createElement("div");
box.style.width = `${asked.get("w")}px`;
box.style.height = `${asked.get("h")}px`;
document.body.append(box);
const viewer = new EmbeddedViewer(box, { defaultColor: new RGBColor(243, 234, 216) });

function stage(number) {
  const file = `models/both_stage_${String(number).padStart(2, "0")}.stl`;
  viewer.LoadModelFromUrlList([new URL(file, location.href).href]);
}

window.bench = { stage };
stage(0);
