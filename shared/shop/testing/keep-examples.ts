// `bun run examples`: keeps one of each event in its present schema version, where none is kept. Never changes one.
import { shop } from "../shop.ts";
import { digestOf, type Examples, everyVersion, exampleOf, examplesFile, readStored } from "./examples.ts";

for (const aggregate of shop.aggregates) {
  const file = Bun.file(examplesFile(aggregate));
  const kept: Examples = (await file.exists()) ? await file.json() : {};
  const present = [...aggregate.codec.shapes].map(([type, { schemaVersion }]) => `${type} v${schemaVersion}`);
  const missing = everyVersion(aggregate).filter((event) => !(event in kept));
  const added = missing
    .filter((event) => present.includes(event))
    .map((event) => {
      const shape = aggregate.codec.shapes.get(event.split(" v")[0] ?? "");
      if (!shape) throw new Error(`${aggregate.name} has no ${event}`);
      const stored = exampleOf(shape.schema);
      return [
        event,
        { stored, read: readStored(aggregate, event, stored), sha256: digestOf(stored) },
      ] as const;
    });
  const all = { ...kept, ...Object.fromEntries(added) };
  if (added.length > 0) await Bun.write(file, `${JSON.stringify(all, null, 2)}\n`);
  for (const event of missing.filter((each) => !(each in all))) {
    console.error(
      `${event} is no longer written: put what is stored of one into ${aggregate.name}/stored-events.json`,
    );
  }
}
