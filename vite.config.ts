import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Beside each built script and style its brotli and gzip form, for the server to send. Names hold a hash: none of the three outlives the others. */
function compressedBeside(): Plugin {
  return {
    name: "midline:compressed-beside",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        if (!dir || !/^assets\/.+\.(js|css|svg)$/.test(name)) continue;
        const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        };
        await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(content, { params }));
        await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}

// Two entries: the portal's styles and behaviour on every page, and the 3D viewer on the review page alone.
export default defineConfig({
  base: "/static/dist/",
  plugins: [tailwindcss(), compressedBeside()],
  build: {
    manifest: "manifest.json",
    outDir: "midline/web/static/dist",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      input: {
        portal: "midline/web/assets/portal.ts",
        viewer: "viewer/src/page/main.ts",
      },
    },
  },
  test: { include: ["viewer/**/*.test.ts", "midline/web/assets/**/*.test.ts"] },
});
