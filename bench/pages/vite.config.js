import { defineConfig } from "vite";

const here = import.meta.dirname;

// The rivals' pages, bundled as anybody would; `--outDir` says where to.
export default defineConfig({
  root: here,
  base: "./",
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    rollupOptions: { input: [`${here}/stlloader.html`, `${here}/online3dviewer.html`] },
  },
});
