// Statements that Drizzle puts together once. By itself it does so anew each time one is run, which for a large one
// takes longer than to send it, and what it has around sending takes longer still in a process that has just woken.
import { is, Placeholder, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { driverUnder, type Tx } from "./postgres.ts";

export type Values = Readonly<Record<string, unknown>>;

export interface Statement {
  /**
   * Sends it with the values that it has this time, at once: two that are run one after the other on one connection
   * arrive in this order. @throws what Postgres throws.
   */
  run(on: Tx, values: Values): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Where a value goes that differs from time to time. */
export function named(name: string): SQL {
  return sql`${sql.placeholder(name)}`;
}

/** The statement with its values left open. @throws where a value was not left open, since it would never change. */
export function statement(text: SQL): Statement {
  const { sql: printed, params } = new PgDialect().sqlToQuery(text);
  const names = params.map((param) => {
    if (!is(param, Placeholder)) throw new Error(`A statement that is made once holds the value ${param}`);
    return param.name;
  });
  return {
    run(on, values) {
      const given = names.map((name) => values[name] as never);
      return driverUnder(on).unsafe(printed, given, { prepare: true }).execute();
    },
  };
}

/** A statement around a part that is one of a few objects, such as a fence's: made once for each of them. */
export function statementAround(make: (part: SQL) => SQL): (part: SQL) => Statement {
  const made = new WeakMap<SQL, Statement>();
  return (part) => {
    const found = made.get(part) ?? statement(make(part));
    made.set(part, found);
    return found;
  };
}

/**
 * A compare-and-set that a write stands behind, so that only the owner of something writes. The statements are the same
 * objects each time, their values differ.
 */
export interface Fence {
  /** Moves it and answers a row, or none where it is not ours any more. */
  readonly moving: SQL;
  /** Answers a row where it has been moved so. */
  readonly moved: SQL;
  readonly values: Values;
}
