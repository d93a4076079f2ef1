// The one place that says on which Postgres and Kafka tests run.
import { dockerAnswers } from "@millrace/local/docker";
import type { TestServers } from "./stack.ts";

type Kind = "docker" | "embedded" | "external";

/** Loaded when they are chosen: testcontainers alone takes a second. */
const KINDS: Record<Kind, () => Promise<TestServers>> = {
  docker: async () => (await import("./stack-docker.ts")).dockerServers(),
  embedded: async () => (await import("./stack-embedded.ts")).embeddedServers(),
  external: async () => (await import("./stack-external.ts")).externalServers(),
};

/** What MILLRACE_TEST_STACK forces; else containers where Docker answers, else embedded. @throws on another word. */
export async function chooseServers(forced: string | undefined): Promise<TestServers> {
  if (forced) {
    if (!(forced in KINDS))
      throw new Error(`MILLRACE_TEST_STACK is "${forced}"; it can be ${Object.keys(KINDS).join(" or ")}`);
    return KINDS[forced as Kind]();
  }
  if (!(await dockerAnswers())) return KINDS.embedded();
  try {
    return await KINDS.docker();
  } catch (error) {
    // An engine that cannot get at the images is of no use to anybody; nobody asked for it by name.
    const why = error instanceof Error ? error.message : error;
    console.error(`test stack: Docker answers, but the containers don't start (${why}): embedded instead`);
    return KINDS.embedded();
  }
}
