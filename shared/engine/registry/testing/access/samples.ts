// What there is to say in each parameter that routes of one thing have. Only tests import it.

import { parametersOf } from "@millrace/http/openapi-document";
import type { ApiOperation } from "./stage.ts";

/** By the parameter's name: values that are read well, of which some are met and some are not. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  minVersion: ["1", "9"],
  wait: ["20"],
  version: ["1", "9"],
  at: ["2126-01-01T00:00:00Z", "2001-01-01T00:00:00Z"],
  after: ["0", "1", "9"],
  limit: ["1"],
  lastEventId: ["0:0", "0:1"],
  "Last-Event-ID": ["0:0", "0:1"],
  "If-None-Match": ['"1"', '"9"', "*"],
};

/** A wait that nothing will end is not worth more, in ms. */
const SHORT = "wait=20";

export interface Way {
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The route without a parameter, then with each value of each. @throws for a parameter that no sample is known of */
export function waysOf({ path, operation }: ApiOperation): Way[] {
  const parameters = parametersOf(operation).flatMap(({ name, in: place }) =>
    place === "query" || place === "header" ? [{ name, place }] : [],
  );
  const waits = parameters.some(({ name }) => name === "wait");
  const said = parameters.flatMap(({ name, place }): Way[] => {
    const values = Object.hasOwn(SAMPLES, name) ? SAMPLES[name] : undefined;
    if (!values) throw new Error(`${path} takes ${name}: say in SAMPLES what it may be asked with`);
    return values.map((value) =>
      place === "header"
        ? { query: "", headers: { [name]: value } }
        : { query: queryOf(name, value, waits && name !== "wait"), headers: {} },
    );
  });
  return [{ query: "", headers: {} }, ...said];
}

function queryOf(name: string, value: string, isShort: boolean): string {
  return `?${name}=${encodeURIComponent(value)}${isShort ? `&${SHORT}` : ""}`;
}

/** Values of a list's filter, by what its documents say under its name. @throws where they say nothing */
export function filterValues(
  path: string,
  name: string,
  documents: readonly Readonly<Record<string, unknown>>[],
): string[] {
  const field = /^created(?:After|Before)$/.test(name) ? "createdAt" : name;
  const values = new Set(
    documents.flatMap((each) => (each[field] === undefined ? [] : [String(each[field])])),
  );
  if (values.size === 0) throw new Error(`${path} filters by ${name}, and no thing of the test has any`);
  return [...values];
}
