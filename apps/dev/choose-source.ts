// Where Postgres and Kafka come from: servers that the environment names, else our own, else those of compose.yaml.

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
  if (known.dockerAsked && !known.canCompose)
    throw new Error(
      "--docker starts the services of compose.yaml, and there is none here: leave --docker out, or bring the file back.",
    );
  if (mustCompose && !(known.canCompose && known.dockerAnswers)) throw new Error(need(known));
  const own: Source = mustCompose ? "compose" : "embedded";
  return {
    postgres: known.databaseUrl === undefined ? own : "external",
    kafka: kafkaOfOurs ? own : "external",
  };
}

function need(known: Known): string {
  if (known.dockerAsked)
    return "--docker was given, and Docker does not answer: start Docker, or leave --docker out.";
  return (
    `Kafka needs ${known.missing.join(" and ")} on the PATH, and ${known.canCompose ? "Docker does not answer either" : "there is no compose.yaml to start it from instead"}. ` +
    "Install what is missing (on Debian: apt install openjdk-17-jre-headless maven), start Docker, " +
    "or name brokers that run already in KAFKA_BROKERS."
  );
}
