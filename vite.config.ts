import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

// Two entries: the portal's styles and behaviour on every page, and the 3D viewer on the review page alone.
export default defineConfig({
  base: "/static/dist/",
  plugins: [tailwindcss()],
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
