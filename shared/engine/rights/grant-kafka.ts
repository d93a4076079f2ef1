// Makes the apps' ACLs in Kafka as the matrix says. Safe to repeat, beside programs that run: rights are added, and none is
// taken away.
import { type Acl, createAcls, readAcls } from "@millrace/kafka/acls";
import type { KafkaClient } from "@millrace/kafka/client";
import type { Config } from "@millrace/platform/config";
import { type KafkaRow, kafkaMatrix } from "./kafka-matrix.ts";
import { type Principals, planAcls, principalsBy, type WantedAcl, wantedAcls } from "./kafka-plan.ts";

export interface KafkaGrantOptions {
  readonly kafka: KafkaClient;
  readonly config: Pick<Config, "KAFKA_PRINCIPALS" | "MILLRACE_REPLY_TOPICS">;
}

export interface KafkaRights {
  readonly principals: Principals;
  readonly matrix: readonly KafkaRow[];
  /** Whether the brokers ask what anybody may. */
  readonly hasAuthorizer: boolean;
  readonly missing: readonly WantedAcl[];
  /** What is given to these principals beyond that. Programs of the version before may need it while they run. */
  readonly surplus: readonly Acl[];
}

/** Where it is not said who the apps are. */
const DEFAULT_PRINCIPALS = "User:millrace-{app}";

/** @throws what Kafka says where this client may not read ACLs */
export async function readKafkaRights({ kafka, config }: KafkaGrantOptions): Promise<KafkaRights> {
  const principals = principalsBy(config.KAFKA_PRINCIPALS ?? DEFAULT_PRINCIPALS);
  const matrix = kafkaMatrix({ named: kafka, replyTopics: config.MILLRACE_REPLY_TOPICS });
  const present = await readAcls(kafka, Object.values(principals));
  const plan = planAcls(wantedAcls(matrix, principals), present ?? []);
  return { principals, matrix, hasAuthorizer: present !== undefined, ...plan };
}

/** Answers how many were missing. @throws what Kafka says where this client may not, or where it has no authorizer */
export async function grantKafkaRights(options: KafkaGrantOptions): Promise<number> {
  const { missing } = await readKafkaRights(options);
  await createAcls(options.kafka, missing);
  return missing.length;
}
