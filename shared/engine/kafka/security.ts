// How a client proves who it is and asks who answers: from the environment's words to kafkajs'.
import { readFileSync } from "node:fs";
import type { KafkaConfig } from "kafkajs";
import type { Config } from "@millrace/platform/config";

export type KafkaSecurity = Pick<KafkaConfig, "ssl" | "sasl">;

type Settings = Pick<
  Config,
  | "KAFKA_TLS"
  | "KAFKA_TLS_CA_FILE"
  | "KAFKA_TLS_CERT_FILE"
  | "KAFKA_TLS_KEY_FILE"
  | "KAFKA_SASL_MECHANISM"
  | "KAFKA_SASL_USERNAME"
  | "KAFKA_SASL_PASSWORD"
>;

/** @throws on a file that can't be read, naming its variable. */
export function kafkaSecurity(settings: Settings): KafkaSecurity {
  return { ...tls(settings), ...sasl(settings) };
}

/** Who a client is to the brokers' authorizer. */
export function principalOf({ ssl, sasl: signedInBy }: KafkaSecurity = {}): string {
  if (signedInBy && "username" in signedInBy) return `User:${signedInBy.username}`;
  return typeof ssl === "object" && ssl.cert ? "the owner of KAFKA_TLS_CERT_FILE" : "User:ANONYMOUS";
}

function tls(settings: Settings): Pick<KafkaConfig, "ssl"> {
  const ca = contentOf("KAFKA_TLS_CA_FILE", settings);
  const cert = contentOf("KAFKA_TLS_CERT_FILE", settings);
  const key = contentOf("KAFKA_TLS_KEY_FILE", settings);
  // An operator who names an authority wants it asked.
  if (!settings.KAFKA_TLS && !ca && !cert) return {};
  return { ssl: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } };
}

function sasl(settings: Settings): Pick<KafkaConfig, "sasl"> {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (!mechanism) return {};
  const credentials = {
    username: settings.KAFKA_SASL_USERNAME ?? "",
    password: settings.KAFKA_SASL_PASSWORD ?? "",
  };
  // One branch each: kafkajs' types want to see the mechanism.
  switch (mechanism) {
    case "plain":
      return { sasl: { mechanism, ...credentials } };
    case "scram-sha-256":
      return { sasl: { mechanism, ...credentials } };
    case "scram-sha-512":
      return { sasl: { mechanism, ...credentials } };
  }
}

function contentOf(
  variable: "KAFKA_TLS_CA_FILE" | "KAFKA_TLS_CERT_FILE" | "KAFKA_TLS_KEY_FILE",
  settings: Settings,
): string | undefined {
  const path = settings[variable];
  if (!path) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`the file that ${variable} names can't be read`, { cause });
  }
}
