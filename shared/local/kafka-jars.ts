// Apache Kafka's jars, downloaded by Maven once and kept.
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.ts";
import type { Guard } from "./guard.ts";

export interface KafkaJars {
  /** The folder with the jars. */
  readonly lib: string;
  /** Classes as the JVM keeps them ready between starts; the file need not exist. */
  readonly classArchive: string;
  readonly java: string;
}

export interface KafkaJarsOptions {
  /** The folder in which jars are kept, for all data folders of this checkout. */
  readonly cache: string;
  /** From which Java is started, so that it names the jars from there. */
  readonly directory: string;
  readonly guard: Guard;
  readonly say?: (line: string) => void;
}

/** Java reads file names as its locale says, and in the C locale knows none beyond ASCII. */
export const JAVA_ENVIRONMENT = { ...process.env, LC_ALL: "C.UTF-8" };

const POM = fileURLToPath(new URL("./pom.xml", import.meta.url));
/** The oldest Java that Kafka 4 runs on. */
const JAVA_VERSION_LEAST = 17;

/** The folder of jars, downloaded first where missing. Concurrent first uses all end with one complete folder. */
export async function kafkaJars(options: KafkaJarsOptions): Promise<KafkaJars> {
  const java = javaCommand();
  if (!java)
    throw new Error(
      `Kafka can't be started: it needs Java ${JAVA_VERSION_LEAST} or later, and no Java is on the PATH or in JAVA_HOME`,
    );
  const folder = join(options.cache, folderName());
  if (!existsSync(folder)) await bring(folder, options);
  const lib = join(folder, "lib");
  const named = relative(options.directory, lib);
  return { lib, classArchive: join(folder, `classes-${archiveKey(named, java)}.jsa`), java };
}

/** The JVM takes an archive only for the paths and the Java that it was written with. */
function archiveKey(lib: string, java: string): string {
  return Bun.hash(`${lib} ${realpathSync(java)} ${statSync(realpathSync(java)).mtimeMs}`).toString(36);
}

/** What embedded Kafka lacks on this machine, in words for a person; empty when it can run. */
export function missingForKafka(cache: string): string[] {
  const missing: string[] = [];
  const java = javaCommand();
  if (!java || javaVersion(java) < JAVA_VERSION_LEAST) missing.push(`Java ${JAVA_VERSION_LEAST} or later`);
  if (!existsSync(join(cache, folderName())) && !Bun.which("mvn")) missing.push("Maven (mvn)");
  return missing;
}

async function bring(folder: string, { guard, say, cache }: KafkaJarsOptions): Promise<void> {
  if (!Bun.which("mvn"))
    throw new Error(
      "Kafka can't be started: its jars are not here yet, and Maven, which downloads them, is missing. Install mvn",
    );
  say?.("downloading Apache Kafka's jars with Maven; this happens once");
  mkdirSync(cache, { recursive: true });
  const partial = `${folder}.${process.pid}.partial`;
  let lines = await runMaven(partial, { guard, cache });
  // A home that is read-only or none at all, as users of services have.
  if (lines?.some((line) => line.includes("local repository")))
    lines = await runMaven(partial, { guard, cache, repository: join(cache, "maven") });
  if (lines) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(
      `Kafka can't be started: Maven could not download its jars. Maven says:\n  ${lines.join("\n  ")}`,
    );
  }
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process brought them meanwhile.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** The last lines of a run of Maven that failed; undefined where it succeeded. */
async function runMaven(
  partial: string,
  { guard, cache, repository }: { guard: Guard; cache: string; repository?: string },
): Promise<string[] | undefined> {
  const maven = startChild({
    command: [
      "mvn",
      "-q",
      "-B",
      "-f",
      POM,
      "dependency:copy-dependencies",
      `-DoutputDirectory=${partial}/lib`,
      ...(repository ? [`-Dmaven.repo.local=${repository}`] : []),
    ],
    guard,
    cwd: cache,
    environment: JAVA_ENVIRONMENT,
    output: { line: () => {} },
  });
  const exit = await maven.exited;
  return exit.code === 0 ? undefined : maven.lastLines();
}

/** Another pom is another folder, so that a new version never mixes with the old. */
function folderName(): string {
  const pom = readFileSync(POM, "utf8");
  const version = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? "";
  return `kafka-${version}-${Bun.hash(pom).toString(36)}`;
}

function javaCommand(): string | undefined {
  const home = process.env.JAVA_HOME;
  const atHome = home ? join(home, "bin/java") : undefined;
  if (atHome && existsSync(atHome)) return atHome;
  return Bun.which("java") ?? undefined;
}

function javaVersion(java: string): number {
  const printed = Bun.spawnSync([java, "-version"], { cwd: dirname(POM) }).stderr.toString();
  return Number(/version "(\d+)/.exec(printed)?.[1] ?? 0);
}
