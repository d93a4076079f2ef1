// Places for tries under way: a number in all, fewer for one endpoint, and very few for one that fails. An endpoint that answers
// slowly or never takes up its own places, and the others always find one.

/** Places in all. With one more for each endpoint it stays below the 256 requests that Bun makes at once. */
export const PLACES_MAX = 128;
/** Places of one endpoint: receivers that answer within 30 ms get 500 a second. */
const ENDPOINT_PLACES_MAX = 16;
/** Places of an endpoint that fails: enough to notice that it no longer does. */
const FAILING_PLACES_MAX = 2;

export interface Places {
  /** How many more tries of it may begin. */
  room(endpoint: { readonly id: string; readonly failing: boolean }): number;
  take(endpoint: string): void;
  leave(endpoint: string): void;
  taken(): number;
}

export function createPlaces(): Places {
  const byEndpoint = new Map<string, number>();
  let all = 0;
  return {
    room({ id, failing }) {
      const own = byEndpoint.get(id) ?? 0;
      const most = failing ? FAILING_PLACES_MAX : ENDPOINT_PLACES_MAX;
      // Where others have taken all that there is, an endpoint still has its one.
      const left = Math.max(PLACES_MAX - all, own === 0 ? 1 : 0);
      return Math.max(Math.min(most - own, left), 0);
    },
    take(endpoint) {
      byEndpoint.set(endpoint, (byEndpoint.get(endpoint) ?? 0) + 1);
      all++;
    },
    leave(endpoint) {
      const own = (byEndpoint.get(endpoint) ?? 0) - 1;
      if (own > 0) byEndpoint.set(endpoint, own);
      else byEndpoint.delete(endpoint);
      all--;
    },
    taken: () => all,
  };
}
