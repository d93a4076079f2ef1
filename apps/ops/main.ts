#!/usr/bin/env bun
import { runOps } from "./program.ts";

process.exit(await runOps(process.argv.slice(2)));
