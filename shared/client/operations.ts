// The contract's operations as the client's methods have them.
import type { Always, Operations } from "./contract.generated.ts";
import type { ClientCode, Outcome } from "./problem.ts";

export type Operation = keyof Operations;

type MethodOf<O> = O extends `${infer Method extends keyof Always} ${string}` ? Method : never;

/** All that an operation may be refused with. */
export type CodeOf<O extends Operation> = Always[MethodOf<O>] | Operations[O]["problems"] | ClientCode;

export type AnswerOf<O extends Operation> = Operations[O]["answer"];

export type OutcomeOf<O extends Operation> = Outcome<AnswerOf<O>, CodeOf<O>>;

type Member<O extends Operation, Name extends string> =
  Operations[O] extends Record<Name, infer Value> ? Value : undefined;

export type BodyOf<O extends Operation> = Member<O, "body">;
export type QueryOf<O extends Operation> = Member<O, "query">;

/** Of one write. */
export interface WriteOptions {
  /** The write happens once for it, however often it is sent: drawn where none is given. */
  readonly key?: string;
  /** Refused with `stale_version` where it is another by now. */
  readonly ifVersion?: number;
  /** Have it stored now and decided soon, which takes load better; its outcome is waited for all the same. */
  readonly later?: boolean;
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** What an operation is asked with. */
export type Asked<O extends Operation> = (Operations[O] extends { path: infer Path }
  ? { path: Path }
  : unknown) &
  (Operations[O] extends { body: infer Body } ? { body: Body } : unknown) &
  (Operations[O] extends { query: infer Query } ? { query?: Query } : unknown) &
  (MethodOf<O> extends "GET" ? ReadOptions : WriteOptions);

/** Those that can be asked with nothing may be. */
export type AskedArguments<O extends Operation> =
  object extends Asked<O> ? [asked?: Asked<O>] : [asked: Asked<O>];

/** Operations that answer once; the others are streams. */
export type Answering = {
  [O in Operation]: [AnswerOf<O>] extends [never] ? never : O;
}[Operation];

/** What has a list and an entry by id. */
export type CollectionName = {
  [O in Operation]: O extends `GET /${infer Name}/{id}`
    ? `GET /${Name}` extends Operation
      ? Name
      : never
    : never;
}[Operation];

/** The operation of that method and path, where there is one. */
export type At<O extends string> = O extends Operation ? O : never;

export type DocumentOf<Name extends CollectionName> = AnswerOf<At<`GET /${Name}/{id}`>>;
