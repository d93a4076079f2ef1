/** Whether two values are the same JSON. A member that is undefined counts as absent, as JSON has it. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isComposite(left) || !isComposite(right) || Array.isArray(left) !== Array.isArray(right)) return false;
  const members = presentMembers(left);
  return (
    members.length === presentMembers(right).length &&
    members.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  );
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function presentMembers(value: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(value).filter((name) => value[name] !== undefined);
}
