#!/usr/bin/env bun
import { runOps } from "@millrace/ops/program";
import { readModels } from "@millrace/shop/models";
import { shop } from "@millrace/shop/shop";

const loader = new URL("./loader.ts", import.meta.url);

process.exit(
  await runOps(process.argv.slice(2), {
    kafkaNames: shop.kafkaNames,
    models: readModels,
    snapshots: shop.snapshots,
    loader,
  }),
);
