#!/usr/bin/env bun
import { runOps } from "@millrace/ops/program";
import { opsCommands } from "@millrace/shop/ops";
import { shop } from "@millrace/shop/shop";

const loader = new URL("./loader.ts", import.meta.url);

process.exit(
  await runOps(process.argv.slice(2), {
    kafkaNames: shop.kafkaNames,
    models: shop.readModels,
    related: shop.related,
    processes: shop.processes,
    snapshots: shop.snapshots,
    tables: shop.tables,
    loader,
    commands: opsCommands,
  }),
);
