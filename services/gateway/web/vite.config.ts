import { defineConfig } from "vitest/config";

// Where `npm run dev` finds a gateway; the built page is served by the gateway itself.
const GATEWAY = process.env.LAYERLAB_GATEWAY__HTTP ?? "127.0.0.1:8080";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: {
    proxy: {
      "/v1": { target: `http://${GATEWAY}`, ws: true },
      "/openapi.json": `http://${GATEWAY}`,
      "/healthz": `http://${GATEWAY}`,
    },
  },
  build: {
    target: "es2022",
    // The page's Content-Security-Policy has no `data:` in it for styles and fonts.
    assetsInlineLimit: 0,
    // Plotly alone is larger; it is loaded only when a chart is looked at.
    chunkSizeWarningLimit: 5000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      checks: { pluginTimings: false },
      onLog(level, log, report) {
        // TanStack's modules say "use client", which means nothing outside of a server framework.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  css: {
    preprocessorOptions: {
      scss: {
        // Bootstrap 5.3 is written for an older Sass; its own warnings are not ours to act on.
        quietDeps: true,
        silenceDeprecations: ["import"],
      },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
