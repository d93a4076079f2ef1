// A first request of whatever shop there is: what its documentation shows first, and where that is read then.

export interface ShopToTry {
  readonly aggregates: readonly {
    readonly creation?:
      | {
          readonly routes: readonly {
            readonly path: string;
            readonly examples: Readonly<Record<string, unknown>>;
          }[];
        }
      | undefined;
    readonly readModel?: { readonly name: string } | undefined;
  }[];
}

/** @param at the addresses, and the key of somebody who may do both where access is required */
export function requestsToTry(
  { aggregates }: ShopToTry,
  at: { readonly commandApi: string; readonly queryApi: string; readonly key: string | undefined },
): string[] {
  const first = aggregates.find(({ creation }) => creation?.routes[0]);
  const route = first?.creation?.routes[0];
  if (!first || !route) return [];
  const authorization = at.key === undefined ? "" : ` -H 'authorization: Bearer ${at.key}'`;
  const [example] = Object.values(route.examples);
  return [
    "",
    "Try:",
    `  curl -s ${at.commandApi}${route.path} -H 'content-type: application/json'${authorization} \\`,
    `    -d ${quoted(JSON.stringify(example))}`,
    ...(first.readModel ? [`  curl -s ${at.queryApi}/${first.readModel.name}${authorization}`] : []),
  ];
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
