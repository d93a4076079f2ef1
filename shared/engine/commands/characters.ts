/** Whether a text has at most so many code points, as JSON Schema counts: an emoji is one, though it has `length` 2. */
export function hasAtMost(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return true;
  return text.length <= 2 * charactersMax && [...text].length <= charactersMax;
}
