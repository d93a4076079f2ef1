// Large answers, counted against a budget of bytes from before they are read until they are sent. Must never make an answer of
// usual size wait for a client that takes nothing.
import { type Answer, Printed } from "@millrace/http/route";
import { createByteBudget, type Held } from "./byte-budget.ts";

export interface AnswerBounds {
  /** Most bytes of all large answers that are being read or sent. */
  readonly bytesMax: number;
  /** Longest time, in ms, that a request waits for room before it is refused with 503. */
  readonly waitMs: number;
}

/**
 * Five at once. While an answer is read it is held several times over, and collected late: 64 clients that ask for the
 * largest ones make a process of 66 MB one of 154, and without this bound one of 317; compose's container has 256 MiB.
 */
export const ANSWER_BOUNDS: AnswerBounds = { bytesMax: 15_000_000, waitMs: 5_000 };

/** Bytes held for an answer while it is being read: those of one read, and of one document or event more. */
const UNREAD_BYTES = 3_000_000;
/** Bytes of the largest answer that is sent as a whole: sockets take it at once. */
const SMALL_BYTES = 65_536;
const PART_BYTES = 65_536;
/** Milliseconds without a byte taken after which the connection counts as closed; see IDLE_TIMEOUT_SECONDS of listen.ts. */
const CLOSED_AFTER_MS = 90_000;

export interface Answers {
  /** Runs `work`, which reads an answer of any size, once there is room for a large one. @throws Failure `overloaded` */
  read(request: Request, work: () => Promise<Answer>): Promise<Answer | Response>;
  heldBytes(): number;
}

export function createAnswers(bounds = ANSWER_BOUNDS): Answers {
  const budget = createByteBudget(bounds);
  return {
    async read(request, work) {
      const held = await budget.hold(UNREAD_BYTES);
      try {
        return inParts(request, await work(), held);
      } catch (error) {
        held.release();
        throw error;
      }
    },
    heldBytes: budget.held,
  };
}

function isLarge(answer: Answer): answer is Answer & { readonly body: Printed } {
  return answer.body instanceof Printed && answer.body.json.length > SMALL_BYTES;
}

/** A large answer in parts, each sent when the client has taken the one before, so that the end of sending is known. */
function inParts(request: Request, answer: Answer, held: Held): Answer | Response {
  if (!isLarge(answer)) {
    held.release();
    return answer;
  }
  const bytes = Buffer.from(answer.body.json);
  held.shrinkTo(bytes.byteLength);
  const closed = setTimeout(held.release, CLOSED_AFTER_MS);
  const end = () => {
    clearTimeout(closed);
    request.signal.removeEventListener("abort", end);
    held.release();
  };
  request.signal.addEventListener("abort", end);
  if (request.signal.aborted) end();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        closed.refresh();
        if (sent >= bytes.byteLength) {
          controller.close();
          return end();
        }
        controller.enqueue(bytes.subarray(sent, sent + PART_BYTES));
        sent += PART_BYTES;
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    status: answer.status,
    headers: { "content-type": "application/json", ...answer.headers },
  });
}
