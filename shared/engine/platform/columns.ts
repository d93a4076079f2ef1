// Rows on their way into a statement, column by column: far cheaper for Postgres to take apart than a list of JSON
// objects, and for us to print than the driver's arrays, which go value by value.

/** As Postgres writes an array of them. */
export function plainArray(values: readonly (number | boolean)[]): string {
  return `{${values.join()}}`;
}

/** As Postgres writes an array of texts, whatever they hold. */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map(quoted).join()}}`;
}

/** For `string_to_array(…, E'\n')`: texts that hold no line feed, such as JSON as it is printed. */
export function lines(texts: readonly string[]): string {
  return texts.join("\n");
}

function quoted(text: string | null): string {
  return text === null ? "null" : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
