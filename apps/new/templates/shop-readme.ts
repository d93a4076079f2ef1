// The first page of a shop of one's own: how it is started, tried, grown and looked after.

/** @param manifests of its packages, by path */
export function readmeFile(name: string, manifests: ReadonlyMap<string, string>): string {
  return `# ${name}

A backend on CQRS and event sourcing, for Bun. Commands come in over HTTP or Kafka, become events in a Postgres event store,
flow through Kafka, and a pool of per-partition workers turns them into read models that a query API serves. It stands on
Millrace: \`shared/engine\` is what it came with, \`shared/shop\` is yours. It begins with one small aggregate, notes.

## Start

You need [Bun](https://bun.com) 1.4 or later, and either Java 17 with Maven, or Docker.

\`\`\`sh
bun run dev
\`\`\`

installs packages, starts a real PostgreSQL and a real Apache Kafka on your machine (or uses those that \`DATABASE_URL\` and
\`KAFKA_BROKERS\` name), migrates, starts every process with reload on change, and prints where everything is. Data lives in
\`.millrace/\` and survives restarts; \`bun run dev --fresh\` starts over; Ctrl-C stops all of it.

\`\`\`sh
bun test            # brings its own Postgres and Kafka
bun run test:long   # what is long by nature
bun run check       # format, lint, types, and what nobody uses
\`\`\`

## Try it

Commands go to port 3001, queries to 3002; \`/docs\` on both shows all of it.

\`\`\`sh
curl -s localhost:3001/notes -H 'Content-Type: application/json' -d '{"id":"n-1","text":"Buy milk"}'
curl -s 'localhost:3002/notes/n-1?minVersion=1'
curl -s -X PATCH localhost:3001/notes/n-1 -H 'Content-Type: application/json' -d '{"done":true}'
curl -s localhost:3002/notes
curl -s localhost:3002/notes/n-1/history
\`\`\`

From Kafka, with any client:

\`\`\`sh
bun run ops topics produce commands '{"type":"createNote","data":{"id":"n-2","text":"Buy pens"}}'
\`\`\`

A write takes an \`Idempotency-Key\` and \`If-Match\`, a read \`If-None-Match\` and \`minVersion\`; what can't be done is a
problem document with a stable code ([the engine's](shared/engine/http/README.md), [the shop's](shared/shop/README.md)).

## Make it yours

A domain of your own is folders in \`shared/shop\` and their lines in \`shared/shop/shop.ts\`. \`bun run new\` writes them as one
would by hand, with a test each, and they pass \`bun run check\` and \`bun test\` at once:

\`\`\`sh
bun run new aggregate shipment --fields carrier:text,weight:integer,price:money
bun run new command shipment dispatch
bun run new read-model carriers --of shipment
bun run new process labels --on shipment
\`\`\`

- An aggregate's rules stand in its \`decide.ts\`; whose a thing is, in its \`ownership\`: the shop's own until you say otherwise.
- Event names and shapes are storage format: they never change, they get a new \`schemaVersion\` in \`codec.ts\` and an upcaster.
- A changed \`table.ts\` gets its migration by \`bunx drizzle-kit generate --name what-changes\`.
- To part with notes: take them out of \`shop.ts\`, remove \`shared/shop/note\`, and generate the migration.
- A variable of the shop's own is named in \`shared/shop/settings.ts\`; \`shared/engine/platform/config.ts\` has all others.

## How it is laid out

\`\`\`
migrations/    the schema, applied under a lock; functions/, which are replaced at each run
apps/          programs: wiring, a process each
shared/
  engine/      commands, event store, relay, projector, processes, queries, console, ops
  shop/        yours: a folder an aggregate, whole
  local/       PostgreSQL and Kafka on this machine, for development and tests
  testing/     what only tests import
  deploy/      how to run it elsewhere, manifests for Kubernetes
  decisions/   why the engine is as it is, a page each
\`\`\`

### Who may import whom

Besides npm. Each \`package.json\` declares exactly its row, Bun's isolated linker enforces it, and a test holds this table
against the manifests.

| folder | may import |
|---|---|
${importRows(manifests)}

## Operate it

The console on [localhost:8080](http://localhost:8080) shows topics, lag, partitions, streams, why a row is as it is, dead
letters and rebuilds. \`bun run ops --help\` does the same from the command line. When something is wrong, look at \`/readyz\`
of the process first. Off loopback nothing starts without access control: \`MILLRACE_AUTH\`, and \`bun run ops keys\`.

\`\`\`sh
docker compose up --build --wait
\`\`\`

runs all of it in containers. [Deploy](shared/deploy/README.md) goes on. Back up Postgres: the event store is the truth,
Kafka and the read models follow from it.
`;
}

function importRows(manifests: ReadonlyMap<string, string>): string {
  const rows = [...manifests.values()].map((text) => {
    const { name, dependencies = {} } = JSON.parse(text) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    const may = Object.keys(dependencies).filter((each) => each.startsWith("@millrace/"));
    return importRow(short(name), may.map(short));
  });
  return rows.sort().join("\n");
}

export function importRow(name: string, may: readonly string[]): string {
  return `| \`${name}\` | ${[...may]
    .sort()
    .map((each) => `\`${each}\``)
    .join(", ")} |`;
}

function short(name: string): string {
  return name.slice("@millrace/".length);
}
