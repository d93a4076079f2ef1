// One more command of an aggregate that is there: by its name over HTTP and from Kafka.
import { type Place, put } from "./edit.ts";
import { aOrAn, capitalized, isWordOfTheLanguage, pastOf } from "./names.ts";
import type { Plan } from "./plan.ts";
import { Refusal } from "./refusal.ts";

export interface NewCommand {
  /** The aggregate's name. */
  readonly of: string;
  /** dispatch */
  readonly verb: string;
  /** What has happened then: dispatched. */
  readonly past: string;
}

/** The aggregate's files that are no tests, by path, and its test where there is one. */
export interface AggregateFiles {
  readonly sources: ReadonlyMap<string, string>;
  readonly test: readonly [path: string, text: string] | undefined;
}

/** @throws Refusal */
export function commandOf(of: string, verb: string, past = pastOf(verb)): NewCommand {
  for (const word of [verb, past]) {
    if (!/^[a-z][A-Za-z0-9]{0,39}$/.test(word) || isWordOfTheLanguage(word)) {
      throw new Refusal(`"${word}" has to be a word that begins with a small letter, such as dispatch`);
    }
  }
  return { of, verb, past };
}

/** @throws Refusal where a file is not as expected, with what to do by hand */
export function planCommand(command: NewCommand, { sources, test }: AggregateFiles): Plan {
  const type = capitalized(command.of);
  const name = `${capitalized(command.verb)}${type}`;
  const event = `${type}${capitalized(command.past)}`;
  for (const [path, text] of sources) {
    const taken = [name, event].find((word) => new RegExp(`\\b${word}\\b`).test(text));
    if (taken) throw new Refusal(`${path} has a ${taken} already`);
  }
  const changed = new Map<string, string>();
  const hasOthers = [...sources.values()].some((text) => OTHERS.test(text));
  for (const { in: marker, ...place } of placesOf(command, { type, name, event }, hasOthers)) {
    const found = [...sources].find(([path, text]) => marker.test(changed.get(path) ?? text));
    if (!found) throw new Refusal(`No file of ${command.of} is as expected: ${place.otherwise} by hand`);
    const [path, text] = found;
    changed.set(path, put(path, changed.get(path) ?? text, place));
  }
  if (test) {
    const [path, text] = test;
    if (/^const created\b/m.test(text)) changed.set(path, text + testOf(command, { type, name, event }));
  }
  return { created: new Map(), changed };
}

interface Words {
  readonly type: string;
  readonly name: string;
  readonly event: string;
}

/** Where an aggregate has commands already that are neither its creation nor its change or removal. */
const OTHERS = /\n {2}others: \{/;

/** `in` tells the file that has the place. */
function placesOf(
  { of, verb }: NewCommand,
  { type, name, event }: Words,
  hasOthers: boolean,
): (Place & { readonly in: RegExp })[] {
  const other = `${verb}${type}: { command: { type: "${name}" }, refused: [] }`;
  const otherwise = `list ${verb}${type} among the others of ${of}`;
  return [
    unionOf(`${type}Command`, `{ readonly type: "${name}" }`),
    unionOf(`${type}Event`, `{ readonly type: "${event}"; readonly data: Record<string, never> }`),
    {
      in: new RegExp(`Decider<${type}Command`),
      after: /switch \(command\.type\) \{/,
      words: `\n    case "${name}":\n      return accept({ type: "${event}", data: {} });`,
      otherwise: `decide on ${name}`,
    },
    {
      in: /function evolve\([\s\S]*function existing\(/,
      after: /switch \(event\.type\) \{/,
      words: `\n    case "${event}":\n      return existing(state, event);`,
      otherwise: `say what ${event} makes of the state`,
    },
    {
      in: new RegExp(`createCodec<${type}Event>`),
      after: new RegExp(`createCodec<${type}Event>\\(\\{`),
      words: `\n  ${event}: { schemaVersion: 1, schema: v.object({}), upcasters: [] },`,
      otherwise: `give ${event} its schema`,
    },
    {
      in: /verbs: \{/,
      after: /verbs: \{/,
      words: ` ${name}: "advance",`,
      otherwise: `say who may give ${name}`,
    },
    {
      in: /\n {4}commands: \{/,
      after: /\n {4}commands: \{/,
      words: ` ${event}: "${name}",`,
      otherwise: `say that ${event} follows from ${name}`,
    },
    hasOthers
      ? { in: OTHERS, after: OTHERS, words: ` ${other},`, otherwise }
      : {
          in: /\n {2}removal: \{/,
          after: /[\s\S]*(?=\n {2}removal: \{)/,
          words: `\n  others: { ${other} },`,
          otherwise,
        },
  ];
}

function unionOf(union: string, member: string): Place & { readonly in: RegExp } {
  const after = new RegExp(`export type ${union} =(?=\\s*\\|)`);
  return { in: after, after, words: ` | ${member}`, otherwise: `add ${member} to ${union}` };
}

function testOf({ of, past }: NewCommand, { name, event }: Words): string {
  return `
test("${aOrAn(of)} is ${past}, and one that does not exist is not", () => {
  given(${of}Decider, [created]).when({ type: "${name}" }).then([{ type: "${event}", data: {} }]);
  given(${of}Decider, []).when({ type: "${name}" }).thenRefused("${of}_not_found");
});
`;
}
