// Where Kafka answers, and how processes sign in to it.
import * as v from "valibot";
import { file, readBy, text } from "./config-fields.ts";
import { kafkaBrokers } from "./kafka-brokers.ts";

export const kafkaSettings = {
  /** Kafka's bootstrap brokers, host:port, separated by commas. */
  KAFKA_BROKERS: v.pipe(
    text("127.0.0.1:9092"),
    readBy(kafkaBrokers),
    v.transform((said) => kafkaBrokers(said).brokers),
  ),
  /** Whether to speak TLS with Kafka, by the authorities that the system trusts; a CA file says so as well. */
  KAFKA_TLS: v.optional(
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((said) => said === "true"),
    ),
    "false",
  ),
  KAFKA_TLS_CA_FILE: file,
  /** The client's own certificate and key, where the brokers ask for them. */
  KAFKA_TLS_CERT_FILE: file,
  KAFKA_TLS_KEY_FILE: file,
  KAFKA_SASL_MECHANISM: v.optional(v.picklist(["plain", "scram-sha-256", "scram-sha-512"])),
  KAFKA_SASL_USERNAME: v.optional(v.pipe(v.string(), v.nonEmpty())),
  KAFKA_SASL_PASSWORD: v.optional(v.pipe(v.string(), v.nonEmpty())),
};

type KafkaSettings = v.InferOutput<v.ObjectSchema<typeof kafkaSettings, undefined>>;

/** Why these settings can't work together, a sentence each. @param brokers KAFKA_BROKERS as it was given */
export function incompleteKafka(config: KafkaSettings, brokers: string | undefined): string[] {
  const needs = brokers === undefined ? [] : kafkaBrokers(brokers).needs;
  const tls = config.KAFKA_TLS || config.KAFKA_TLS_CA_FILE;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key } = config;
  const credentials = config.KAFKA_SASL_USERNAME && config.KAFKA_SASL_PASSWORD;
  return [
    ...(needs.includes("KAFKA_TLS") && !tls ? ["KAFKA_BROKERS: SSL:// needs KAFKA_TLS=true"] : []),
    ...(needs.includes("KAFKA_SASL_MECHANISM") && !mechanism
      ? ["KAFKA_BROKERS: SASL needs KAFKA_SASL_MECHANISM"]
      : []),
    ...(mechanism && !credentials
      ? ["KAFKA_SASL_MECHANISM: needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"]
      : []),
    ...(credentials && !mechanism ? ["KAFKA_SASL_USERNAME: needs KAFKA_SASL_MECHANISM"] : []),
    ...(Boolean(cert) === Boolean(key)
      ? []
      : ["KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE: each needs the other"]),
  ];
}
