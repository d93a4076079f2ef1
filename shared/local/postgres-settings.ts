// How every PostgreSQL of ours is set, on this machine or in a test's container.

type Settings = Readonly<Record<string, string | number>>;

export const SETTINGS: Settings = {
  max_connections: 200,
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "256MB",
  // Fewer checkpoints under load: what a crash replays grows to seconds, what each page costs in WAL shrinks.
  max_wal_size: "2GB",
  // A new segment of the log is filled as it is written. To fill it with zeros first stops all commits for 40 ms, twice
  // a second under load, until the log has grown to its size and segments are used again.
  wal_init_zero: "off",
  checkpoint_timeout: "15min",
  // Our statements are short; compiling them costs more than it saves.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
};

/** What initdb is given: the same order of text on every machine, and quick. */
export const CLUSTER_WORDS = [
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
];

/** As words of the server's command line. */
export function settingWords(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
