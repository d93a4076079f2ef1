import { defineConfig } from "drizzle-kit";

/** `bunx drizzle-kit generate` writes the next migration from the tables. */
export default defineConfig({
  dialect: "postgresql",
  out: "./migrations",
  schema: [
    "./shared/platform/installation-table.ts",
    "./shared/event-store/tables.ts",
    "./shared/partitions/tables.ts",
    "./shared/read-models/*/table.ts",
    "./shared/replay/tables.ts",
    "./apps/payments/table.ts",
    "./apps/payments/simulated-gateway-table.ts",
  ],
});
