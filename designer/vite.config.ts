import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = "../engine/web/designer";
const ENGINE = process.env["APPMIXER_ENGINE_URL"] ?? "http://127.0.0.1:8321";

/** Lays a gzipped copy beside every text asset, so that the engine need not press any itself. */
function pressed(): Plugin {
  return {
    name: "pressed",
    apply: "build",
    writeBundle() {
      const folder = join(OUT, "assets");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (/\.(js|css|svg|json)$/.test(name) && statSync(path).size > 1000) {
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), pressed()],
  // The form library names this validator, which makes code, in a helper for tests.
  resolve: {
    alias: { "@rjsf/validator-ajv8": join(import.meta.dirname, "src/inspector/form/validator.ts") },
  },
  // The engine puts a nonce of its own in the place of this word, for each page that it serves.
  html: { cspNonce: "CSP_NONCE" },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What several pages need comes at once: asking for each part of it holds up the first drawing.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 3 }] } },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/auth", "/plugins", "/hooks", "/sign-out"].map((path) => [path, ENGINE]),
    ),
  },
});
