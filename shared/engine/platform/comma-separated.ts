/** Words that a person has written with commas between them; nothing between two commas is no word. */
export function commaSeparated(text: string): string[] {
  return text.split(",").flatMap((word) => word.trim() || []);
}
