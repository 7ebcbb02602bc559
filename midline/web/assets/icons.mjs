// Writes ../static/web/icons.svg from icons.txt: `node midline/web/assets/icons.mjs` after adding a name there.
// Lucide icons, ISC licence: ../static/web/icons-license.txt.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const lucide = join(here, "../../../node_modules/lucide-static");
const target = join(here, "../static/web");

const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);
const symbols = [...new Set(names)].sort().map((name) => {
  const source = readFileSync(join(lucide, "icons", `${name}.svg`), "utf8");
  const shapes = source
    .slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"))
    .replace(/\s*\n\s*/g, "");
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
});

writeFileSync(
  join(target, "icons.svg"),
  `<!-- Lucide, ISC licence: icons-license.txt. Built by midline/web/assets/icons.mjs. -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
);
copyFileSync(join(lucide, "LICENSE"), join(target, "icons-license.txt"));
