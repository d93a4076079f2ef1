// One parked record, whole, and what can be done with it.

import { Failure } from "@millrace/platform/failure";
import { count } from "@millrace/platform/quantities";
import { type DeadLetter, findDeadLetter, listDeadLetters } from "@millrace/projector/dead-letter";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { Action } from "../parts/form.tsx";
import { Headers } from "../parts/headers.tsx";
import { Value } from "../parts/json.tsx";
import { letterHref, recordHref } from "../parts/links.ts";
import { Facts } from "../parts/table.tsx";
import { Ago, Id, Num, Time } from "../parts/words.tsx";
import { saidIn } from "../said.ts";
import { askPostgres } from "../sources.ts";
import { isoOf, LetterChip } from "./dead-letters.tsx";

const EVERY_MS = 2_000;
/** Records of one key that are counted. */
const WAITING_COUNTED_MAX = 1_000;

export function deadLetterPage(context: PageContext): Page {
  return {
    path: "/dead-letters/:id",
    section: "Dead letters",
    live: { everyMs: EVERY_MS },
    async show({ parameters, url, formToken }) {
      const letter = await letterOf(context, parameters.id);
      const { projection, topic, key } = letter;
      const sameKey = await askPostgres(
        "counting parked records",
        listDeadLetters(context.db, { projection, topic, key, limit: WAITING_COUNTED_MAX }),
      );
      const said = saidIn(url);
      return {
        title: `Dead letter ${letter.id}`,
        controls: (
          <>
            {said && <p class={`notice ${said.tone}`}>{said.text}</p>}
            <div class="actions">
              <Action
                action={`${letterHref(letter.id)}/retry`}
                formToken={formToken}
                label="Retry its key"
                tone="plain"
              />
              {formToken && (
                <a class="button danger" href={`${letterHref(letter.id)}/discard`}>
                  Discard
                </a>
              )}
            </div>
          </>
        ),
        body: <Letter letter={letter} behind={sameKey.filter(({ id }) => id > letter.id).length} />,
      };
    },
  };
}

/** Asked before anything is destroyed: the form stands on a page of its own, with what it would do. */
export function discardPage(context: PageContext): Page {
  return {
    path: "/dead-letters/:id/discard",
    section: "Dead letters",
    async show({ parameters, formToken }) {
      const letter = await letterOf(context, parameters.id);
      const { id, topic, partition, offset } = letter;
      return {
        title: `Discard dead letter ${id}?`,
        body: (
          <>
            <p class="notice bad">
              The record at {topic} {partition} / {count(offset)} would take no effect on {letter.projection},
              ever. Those that only waited behind it go on.
            </p>
            <div class="actions">
              <Action
                action={`${letterHref(id)}/discard`}
                formToken={formToken}
                label="Discard it for good"
                tone="danger"
              />
              <a class="button plain" href={letterHref(id)}>
                Keep it
              </a>
            </div>
            <Letter letter={letter} behind={undefined} />
          </>
        ),
      };
    },
  };
}

/** @throws Failure `not_parked` */
async function letterOf({ db }: PageContext, id: string | undefined): Promise<DeadLetter> {
  const number = /^\d{1,15}$/.test(id ?? "") ? Number(id) : 0;
  const letter = await askPostgres("looking for a parked record", findDeadLetter(db, number));
  if (!letter) throw new Failure("not_parked", `Record ${id} is not parked`, false);
  return letter;
}

function Letter({ letter, behind }: { letter: DeadLetter; behind: number | undefined }) {
  const { projection, topic, partition, offset, key, cause, attempts, parkedAt, headers, value } = letter;
  return (
    <>
      <div class="card">
        <Facts
          facts={[
            ["State", <LetterChip letter={letter} />],
            ["Cause", <span class="long">{cause}</span>],
            ["Tries", <Num value={attempts} />],
            [
              "Parked",
              <>
                <Time at={isoOf(parkedAt)} /> · <Ago at={isoOf(parkedAt)} />
              </>,
            ],
            ["Reader", projection],
            [
              "Record",
              <a href={recordHref({ topic, partition, offset })}>
                {topic} {partition} / <Num value={offset} />
              </a>,
            ],
            ["Key", <Id value={key} href={`/dead-letters?${new URLSearchParams({ projection, key })}`} />],
            behind === undefined ? undefined : ["Waiting behind it", <Num value={behind} />],
          ]}
        />
      </div>
      <section aria-labelledby="headers">
        <h2 id="headers">Headers</h2>
        <Headers headers={headers as Record<string, string>} />
      </section>
      <section aria-labelledby="value">
        <h2 id="value">Value</h2>
        <Value text={value} label="The record's value" />
      </section>
    </>
  );
}
