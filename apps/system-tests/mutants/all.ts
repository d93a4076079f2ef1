import { accessMutants } from "./access.ts";
import { clientMutants } from "./client.ts";
import { edgeMutants } from "./edge.ts";
import { intakeMutants } from "./intake.ts";
import { kafkaMutants } from "./kafka.ts";
import { kafkaAclsMutants } from "./kafka-acls.ts";
import type { Mutant } from "./mutant.ts";
import { observeMutants } from "./observe.ts";
import { partitionsMutants } from "./partitions.ts";
import { placeMutants } from "./place.ts";
import { promisesMutants } from "./promises.ts";
import { readsMutants } from "./reads.ts";
import { relayMutants } from "./relay.ts";
import { rightsMutants } from "./rights.ts";
import { signInMutants } from "./sign-in.ts";
import { storeMutants } from "./store.ts";
import { trailMutants } from "./trail.ts";
import { webhooksMutants } from "./webhooks.ts";

export const MUTANTS: readonly Mutant[] = [
  ...promisesMutants,
  ...signInMutants,
  ...storeMutants,
  ...relayMutants,
  ...kafkaMutants,
  ...partitionsMutants,
  ...intakeMutants,
  ...readsMutants,
  ...placeMutants,
  ...edgeMutants,
  ...trailMutants,
  ...accessMutants,
  ...webhooksMutants,
  ...rightsMutants,
  ...kafkaAclsMutants,
  ...clientMutants,
  ...observeMutants,
];
