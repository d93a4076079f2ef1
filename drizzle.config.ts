import { defineConfig } from "drizzle-kit";

/** `bunx drizzle-kit generate` writes the next migration from the tables. */
export default defineConfig({
  dialect: "postgresql",
  out: "./migrations",
  schema: ["./shared/engine/*/tables.ts", "./shared/shop/*/**/*table.ts"],
});
