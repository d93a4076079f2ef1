// What Kafka's authorizer lets whom do: ACLs as values, read from the brokers and made there. Must never take one away.
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from "kafkajs";
import type { KafkaClient } from "./client.ts";
import { isKafkaError } from "./failure.ts";
import { explained } from "./missing-right.ts";
import { type Admin, withAdmin } from "./with-admin.ts";

const RESOURCES = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  "transactional-id": AclResourceTypes.TRANSACTIONAL_ID,
  cluster: AclResourceTypes.CLUSTER,
} as const;

const PATTERNS = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED } as const;

/** Under Kafka's own names, as `kafka-acls --operation` takes them. */
const OPERATIONS = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Alter: AclOperationTypes.ALTER,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
} as const;

export type Operation = keyof typeof OPERATIONS;

export interface Resource {
  readonly type: keyof typeof RESOURCES;
  /** As Kafka has it; of the cluster, CLUSTER. */
  readonly name: string;
  /** Prefixed: whatever begins with the name. */
  readonly pattern: keyof typeof PATTERNS;
}

export interface Acl {
  readonly resource: Resource;
  /** User:millrace-relay */
  readonly principal: string;
  /** Another word than ours, or Kafka's number, where somebody else has given it. */
  readonly operation: string;
}

/** Every operation, where somebody has given that. */
export const ALL = "All";
/** The only name that Kafka gives a cluster in ACLs. */
export const CLUSTER = "kafka-cluster";
/** From wherever: who a client is, is proven by its sign-in. */
const ANY_HOST = "*";

/**
 * What these principals are allowed; undefined where the brokers have no authorizer, so that everybody may do everything.
 * @throws CLUSTER_AUTHORIZATION_FAILED where this client may not read ACLs
 */
export async function readAcls(
  kafka: KafkaClient,
  principals: readonly string[],
): Promise<Acl[] | undefined> {
  const read = async (admin: Admin) => {
    // One at a time: each asks for all that there is of one principal.
    const acls: Acl[] = [];
    for (const principal of principals) {
      const { resources } = await admin.describeAcls({
        principal,
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ALLOW,
      });
      for (const { acls: of, ...resource } of resources) {
        const ours = of.filter(({ host }) => host === ANY_HOST);
        acls.push(...ours.map(({ operation }) => aclOf(resource, { principal, operation })));
      }
    }
    return acls;
  };
  try {
    return await withAdmin(kafka, read);
  } catch (error) {
    if (isKafkaError(error, ["SECURITY_DISABLED"])) return undefined;
    throw explained(error, kafka, "see the ACLs of the cluster");
  }
}

/** Allows each; nothing where it is allowed already. @throws what Kafka says where this client may not */
export async function createAcls(
  kafka: KafkaClient,
  acls: readonly (Acl & { readonly operation: Operation })[],
): Promise<void> {
  if (acls.length === 0) return;
  const acl = acls.map(
    ({ resource, principal, operation }): AclEntry => ({
      resourceType: RESOURCES[resource.type],
      resourceName: resource.name,
      resourcePatternType: PATTERNS[resource.pattern],
      principal,
      host: ANY_HOST,
      operation: OPERATIONS[operation],
      permissionType: AclPermissionTypes.ALLOW,
    }),
  );
  await withAdmin(kafka, (admin) => admin.createAcls({ acl })).catch((error) => {
    throw explained(error, kafka, "alter the ACLs of the cluster");
  });
}

function aclOf(
  resource: { resourceType: number; resourceName: string; resourcePatternType: number },
  { principal, operation }: { principal: string; operation: number },
): Acl {
  return {
    principal,
    operation: nameOf(OPERATIONS, operation) ?? (operation === AclOperationTypes.ALL ? ALL : `${operation}`),
    resource: {
      type: nameOf(RESOURCES, resource.resourceType) ?? "cluster",
      name: resource.resourceName,
      pattern: nameOf(PATTERNS, resource.resourcePatternType) ?? "literal",
    },
  };
}

function nameOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  number: number,
): Name | undefined {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number);
}
