/** Cut where there is no room, by whole characters: what stands beside a drawing has the whole. */
export function fit(text: string, letters: number): string {
  const most = Math.floor(letters);
  const points = [...text];
  return points.length <= most ? text : `${points.slice(0, Math.max(0, most - 1)).join("")}…`;
}
