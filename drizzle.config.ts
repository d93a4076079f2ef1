import { defineConfig } from "drizzle-kit";

/** `bunx drizzle-kit generate` writes the next migration from the tables. */
export default defineConfig({
  dialect: "postgresql",
  out: "./migrations",
  schema: [
    "./shared/engine/access/tables.ts",
    "./shared/engine/trail/tables.ts",
    "./shared/engine/platform/installation-table.ts",
    "./shared/engine/store/tables.ts",
    "./shared/engine/projector/tables.ts",
    "./shared/engine/processes/tables.ts",
    "./shared/engine/webhooks/tables.ts",
    "./shared/shop/*/**/*table.ts",
    "./shared/engine/rebuild/tables.ts",
  ],
});
