/**
 * Whether a text has at most so many code points, as JSON Schema counts them and people see them: an emoji is one, and
 * two units of a string.
 */
export function hasAtMost(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return true;
  return text.length <= 2 * charactersMax && [...text].length <= charactersMax;
}
