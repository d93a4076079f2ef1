// What changes or ends a thing, by every way that there is. Only tests import it.
import type { Aggregate } from "@millrace/registry/define-aggregate";
import { type Asked, NOTHING } from "./stage.ts";

export interface Commanded {
  readonly what: string;
  asked(id: string): Asked;
  /** The same with an id of the command's own. */
  envelope?(id: string, commandId: string): unknown;
}

/** What changes or ends a thing, by every way that there is. */
export function commandsOn<Settings>(aggregates: readonly Aggregate<Settings>[]): Commanded[] {
  return aggregates.flatMap(({ name, plural, change, removal, others, reference }) => {
    const [word = "id"] = Object.keys(reference.words);
    const patches = Object.entries(change?.examples ?? {}).map(
      ([example, body]): Commanded => ({
        what: `PATCH /${plural}: ${example}`,
        asked: (id) => ({ method: "PATCH", path: `/${plural}/${id}`, body }),
      }),
    );
    const deletion: Commanded = {
      what: `DELETE /${plural}`,
      asked: (id) => ({ method: "DELETE", path: `/${plural}/${id}` }),
    };
    const [words] = Object.values(change?.examples ?? {});
    const payloads = [
      ...(change ? [[change.name, words as object] as const] : []),
      ...[...Object.keys(others), ...(removal ? [removal.name] : [])].map((each) => [each, {}] as const),
    ];
    const byName = payloads.flatMap(([type, more]): Commanded[] => {
      const command = (id: string) => ({ type, payload: { [word]: id, ...more } });
      const send = (what: string, body: (id: string) => unknown): Commanded => ({
        what: `${type} of ${name} ${what}`,
        asked: (id) => ({ method: "POST", path: "/commands", body: body(id) }),
      });
      return [
        { ...send("by its name", command), envelope: (id, commandId) => ({ ...command(id), id: commandId }) },
        send("in an array", (id) => [command(id)]),
        send("among others", (id) => [command(NOTHING), command(id), command(NOTHING)]),
      ];
    });
    return [...patches, ...(removal ? [deletion] : []), ...byName];
  });
}

/** What a write may ask for beside its body. */
export const CONDITIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  { "if-match": '"1"' },
  { "if-match": '"9"' },
  { "if-match": "*" },
  { "idempotency-key": "" },
  { prefer: "respond-async" },
];
