// What KAFKA_BROKERS says, as kafkajs takes it: host:port, where an IPv6 address stands in brackets.

const USUAL_PORT = 9092;
const PORT_MOST = 65_535;
const EXPECTED = "expected host:port, separated by commas, with an IPv6 address in brackets";

/** A listener's protocol as Kafka's own settings say it, a host, and a port. */
const FORM = /^(?:([a-z_+]+):\/\/)?(\[[\da-f:.]+(?:%[\w.]+)?\]|[^\s:;,/@[\]]+)(?::(\d+))?\/?$/i;

/** By protocol, the variable without which it can't be spoken. */
const NEEDS: Readonly<Record<string, readonly ("KAFKA_TLS" | "KAFKA_SASL_MECHANISM")[]>> = {
  plaintext: [],
  kafka: [],
  ssl: ["KAFKA_TLS"],
  sasl_plaintext: ["KAFKA_SASL_MECHANISM"],
  sasl_ssl: ["KAFKA_TLS", "KAFKA_SASL_MECHANISM"],
};

export interface NamedBrokers {
  readonly brokers: string[];
  /** What their protocols ask to be set beside them. */
  readonly needs: readonly ("KAFKA_TLS" | "KAFKA_SASL_MECHANISM")[];
}

/** @throws in one line that says the right form. */
export function kafkaBrokers(text: string): NamedBrokers {
  const places = text.split(",").flatMap((place) => place.trim() || []);
  if (places.length === 0) throw new Error(`names no broker; ${EXPECTED}`);
  const read = places.map(placeOf);
  return {
    brokers: read.map(({ broker }) => broker),
    needs: [...new Set(read.flatMap(({ needs }) => needs))],
  };
}

function placeOf(place: string) {
  const [, protocol = "plaintext", host, port = String(USUAL_PORT)] = FORM.exec(place) ?? [];
  // What stands before an @ may be a password.
  if (host === undefined) throw new Error(`${place.includes("@") ? "" : `"${place}": `}${EXPECTED}`);
  const needs = NEEDS[protocol.toLowerCase()];
  if (!needs) throw new Error(`"${place}": ${protocol} is no protocol of Kafka's; ${EXPECTED}`);
  if (Number(port) < 1 || Number(port) > PORT_MOST)
    throw new Error(`"${place}": the port is none from 1 to ${PORT_MOST}`);
  return { broker: `${host}:${Number(port)}`, needs };
}
