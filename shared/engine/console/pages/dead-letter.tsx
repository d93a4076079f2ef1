// One parked record: why it is parked, what it holds, and what can be done with it.
import { Failure } from "@millrace/platform/failure";
import { count } from "@millrace/platform/quantities";
import { type DeadLetter, findDeadLetter, listDeadLetters } from "@millrace/projector/dead-letter";
import type { PageContext } from "../context.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { Action, Confirm } from "../parts/form.tsx";
import { Content } from "../parts/headers.tsx";
import { letterHref, lettersHref } from "../parts/links.ts";
import { LinkButton } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Id, Num, RecordLink, When } from "../parts/words.tsx";
import { wholeNumber } from "../query.ts";
import { askPostgres } from "../sources.ts";
import { LetterChip } from "./dead-letters.tsx";

/** Most records of one key that are counted. */
const WAITING_COUNTED_MAX = 1_000;

export function deadLetterPage(context: PageContext): Page {
  return {
    path: "/dead-letters/:id",
    section: "Dead letters",
    live: EACH_TWO_SECONDS,
    async show({ parameters, formToken }) {
      const letter = await letterOf(context, parameters.id);
      const { id, projection, topic, key } = letter;
      const href = letterHref(id);
      const sameKey = await askPostgres(
        "counting parked records",
        listDeadLetters(context.db, { projection, topic, key, limit: WAITING_COUNTED_MAX }),
      );
      const behind = sameKey.filter((other) => other.id > id).length;
      return {
        title: `Dead letter ${id}`,
        controls: (
          <div class="actions">
            <Action action={`${href}/retry`} formToken={formToken} label="Retry its key" />
            {formToken && (
              <LinkButton href={`${href}/discard`} tone="danger">
                Discard
              </LinkButton>
            )}
          </div>
        ),
        body: <Letter letter={letter} behind={behind} />,
      };
    },
  };
}

export function discardPage(context: PageContext): Page {
  return {
    path: "/dead-letters/:id/discard",
    section: "Dead letters",
    async show({ parameters, formToken }) {
      const letter = await letterOf(context, parameters.id);
      const { id, topic, partition, offset, projection } = letter;
      return {
        title: `Discard dead letter ${id}?`,
        body: (
          <>
            <Confirm
              warning={`The record at ${topic} ${partition} / ${count(offset)} would take no effect on ${projection}, ever. Records that only wait behind it go on.`}
              action={`${letterHref(id)}/discard`}
              formToken={formToken}
              label="Discard it for good"
              back={letterHref(id)}
            />
            <Letter letter={letter} />
          </>
        ),
      };
    },
  };
}

/** @throws Failure `not_parked` */
async function letterOf({ db }: PageContext, id: string | undefined): Promise<DeadLetter> {
  const letter = await askPostgres("looking for a parked record", findDeadLetter(db, wholeNumber(id) ?? 0));
  if (!letter) throw new Failure("not_parked", `Record ${id} is not parked`, false);
  return letter;
}

function Letter({ letter, behind }: { letter: DeadLetter; behind?: number }) {
  const { projection, key, cause, attempts, parkedAt, headers, value } = letter;
  return (
    <>
      <div class="card">
        <Facts
          facts={[
            ["State", <LetterChip letter={letter} />],
            ["Cause", <span class="long">{cause}</span>],
            ["Tries", <Num value={attempts} />],
            ["Parked", <When at={parkedAt} />],
            ["Reader", projection],
            ["Record", <RecordLink at={letter} />],
            ["Key", <Id value={key} href={lettersHref(projection, key)} />],
            behind === undefined ? undefined : ["Waiting behind it", <Num value={behind} />],
          ]}
        />
      </div>
      <Content headers={headers as Record<string, string>} value={value} />
    </>
  );
}
