// How events are called outside: `thing.made`, `thing.colour_chosen`; and the patterns that choose among them.

/** What an endpoint is sent without an event. */
export const TEST_EVENT = "webhook.test";

/** `thing` and `ThingColourChosen` are `thing.colour_chosen`. Storage format, and part of the public contract. */
export function eventName(category: string, type: string): string {
  const prefix = category.replaceAll(/(?:^|[-_])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const own = type.startsWith(prefix) && type.length > prefix.length ? type.slice(prefix.length) : type;
  return `${snake(category)}.${snake(own)}`;
}

function snake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
}

/** `*`, `thing.*` or `thing.made`. */
export const PATTERN = /^(?:\*|[a-z][a-z0-9_]*\.(?:\*|[a-z][a-z0-9_]*))$/;

export function matches(patterns: readonly string[], name: string): boolean {
  const family = `${name.slice(0, name.indexOf("."))}.*`;
  return patterns.some((pattern) => pattern === "*" || pattern === family || pattern === name);
}
