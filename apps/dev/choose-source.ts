// Where Postgres and Kafka come from: product's order, as a function of what is known.

export type Source = "external" | "embedded" | "compose";

export interface Known {
  readonly databaseUrl: string | undefined;
  readonly brokers: string | undefined;
  /** --docker was given. */
  readonly dockerAsked: boolean;
  readonly dockerAnswers: boolean;
  /** There is a compose.yaml. */
  readonly canCompose: boolean;
  /** What embedded Kafka lacks, in words. */
  readonly missing: readonly string[];
}

/** @throws with what to install or set, where nothing can work. */
export function chooseSource(known: Known): { postgres: Source; kafka: Source } {
  const kafkaOfOurs = known.brokers === undefined;
  const mustCompose = known.dockerAsked || (kafkaOfOurs && known.missing.length > 0);
  if (mustCompose && !known.canCompose)
    throw new Error(`${need(known)} There is no compose.yaml to start instead.`);
  if (mustCompose && !known.dockerAnswers) throw new Error(need(known));
  const own: Source = mustCompose ? "compose" : "embedded";
  return {
    postgres: known.databaseUrl === undefined ? own : "external",
    kafka: kafkaOfOurs ? own : "external",
  };
}

function need(known: Known): string {
  if (known.dockerAsked) return "--docker was given, and Docker does not answer.";
  return (
    `Kafka needs ${known.missing.join(" and ")} on the PATH, and Docker does not answer either. ` +
    "Install what is missing (on Debian: apt install openjdk-17-jre-headless maven), start Docker, " +
    "or name brokers that run already in KAFKA_BROKERS."
  );
}
