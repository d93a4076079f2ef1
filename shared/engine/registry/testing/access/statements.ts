// What one request asks of Postgres, whatever else goes on. Only tests import it.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Sql } from "@millrace/platform/postgres";

const texts = new AsyncLocalStorage<string[]>();

/** The same connections, with the texts of statements kept for `statementsOf`. */
export function observed<Client extends Sql>(client: Client): Client {
  const inside =
    (scope: "begin" | "savepoint") =>
    (...given: unknown[]) => {
      const run = given.pop() as (tx: Sql) => unknown;
      return Reflect.apply(Reflect.get<object, string>(client, scope), client, [
        ...given,
        (tx: Sql) => run(observed(tx)),
      ]);
    };
  const own: Record<PropertyKey, unknown> = {
    begin: inside("begin"),
    savepoint: inside("savepoint"),
    unsafe: (text: string, ...more: []) => {
      texts.getStore()?.push(text);
      return client.unsafe(text, ...more);
    },
  };
  return new Proxy(client, {
    get: (target, name) => own[name] ?? Reflect.get(target, name),
    apply(target, self, given) {
      const [first] = given;
      // A name or a value to be set in is no statement.
      if (Array.isArray(first) && "raw" in first) texts.getStore()?.push(first.join("?"));
      return Reflect.apply(target, self, given);
    },
  });
}

export async function statementsOf(ask: () => Promise<unknown>): Promise<readonly string[]> {
  const kept: string[] = [];
  await texts.run(kept, ask);
  return kept;
}
