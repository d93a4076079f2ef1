#!/usr/bin/env bun
import { runOps } from "@millrace/ops/program";

process.exit(await runOps(process.argv.slice(2)));
