// What answers a form that made something with a secret, and a form that made nothing.
import type { Child } from "hono/jsx";
import type { Shown } from "../page.ts";
import { More } from "./section.tsx";
import { Facts } from "./table.tsx";

interface Back {
  readonly href: string;
  readonly label: string;
}

export interface Made {
  readonly title: string;
  /** What to do with the secret, now. */
  readonly notice: string;
  readonly facts: readonly (readonly [name: Child, value: Child])[];
  readonly back: Back;
}

/** Nothing can show the secret again. */
export function shownOnce({ title, notice, facts, back }: Made): Shown {
  return {
    title,
    status: 201,
    body: (
      <>
        <p class="notice warn" role="status">
          {notice}
        </p>
        <Facts facts={facts} />
        <More href={back.href}>{back.label}</More>
      </>
    ),
  };
}

export function notMade(title: string, reasons: readonly string[], back: Back): Shown {
  return {
    title,
    status: 422,
    body: (
      <>
        <div class="notice bad" role="alert">
          {reasons.map((reason) => (
            <p>{reason}</p>
          ))}
        </div>
        <More href={back.href}>{back.label}</More>
      </>
    ),
  };
}
