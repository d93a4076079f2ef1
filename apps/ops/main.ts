#!/usr/bin/env bun
import { runOps } from "@millrace/ops/program";
import { shop } from "@millrace/shop/shop";
import { addPrices } from "./prices.ts";

const loader = new URL("./loader.ts", import.meta.url);

process.exit(
  await runOps(process.argv.slice(2), {
    kafkaNames: shop.kafkaNames,
    models: shop.readModels,
    related: shop.related,
    processes: shop.processes,
    snapshots: shop.snapshots,
    loader,
    commands: [addPrices],
  }),
);
