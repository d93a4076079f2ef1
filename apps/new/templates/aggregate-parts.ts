// Words that several files of an aggregate have.
import type { Field, Kind } from "../fields.ts";

/** Stands for no line at all; see `withoutGaps`. */
const NO_LINE = "\u0000";

/** Lines of a file that has them only where that is so. */
export function onlyIf(condition: boolean, text: string): string {
  return condition ? text : NO_LINE;
}

/** The file without the lines that it does not have. */
export function withoutGaps(file: string): string {
  return file.replaceAll(new RegExp(`\\n *${NO_LINE}(?=\\n)`, "g"), "");
}

export function has(fields: readonly Field[], kind: Kind): boolean {
  return fields.some((field) => field.kind === kind);
}

export function lines(fields: readonly Field[], line: (field: Field) => string): string {
  return fields.map(line).join("\n");
}

export function listOf(fields: readonly Field[]): string {
  return fields.map(({ name }) => name).join(", ");
}

/** `{ carrier: "one", weight: 1 }`, by what each field has. */
export function objectOf(fields: readonly Field[], value: (field: Field) => string): string {
  return `{ ${fields.map((field) => `${field.name}: ${value(field)}`).join(", ")} }`;
}
