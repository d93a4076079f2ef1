// Who stands behind a name, and which of them are ready: the name is looked up and each address asked anew
// every second, so that processes come and go without anybody telling us.
import { lookup } from "node:dns/promises";
import { askDirectly } from "@millrace/platform/directly";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import { inRounds } from "@millrace/platform/rounds";

export interface Backends {
  /** host:port of everybody behind the name. */
  all(): readonly string[];
  /** Those that say that they are ready. */
  ready(): readonly string[];
  /** In which order to try for the next connection: the ready ones in turn, then the rest. */
  order(): readonly string[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1_000;
/** A process that is frozen still accepts connections: only an answer counts. */
const ANSWER_WITHIN_MS = 1_000;

export function watchBackends(options: { host: string; port: number; log: Log }): Backends {
  let all: string[] = [];
  let ready: string[] = [];
  let turn = 0;

  async function look(): Promise<void> {
    const found = await lookup(options.host, { all: true, family: 4 });
    const addresses = [...new Set(found.map(({ address }) => `${address}:${options.port}`))].sort();
    askDirectly(...found.map(({ address }) => address));
    const answers = await Promise.all(addresses.map(isReady));
    const before = ready.join();
    all = addresses;
    ready = addresses.filter((_, index) => answers[index]);
    if (ready.join() !== before) options.log.info({ host: options.host, ready }, "backends ready");
  }

  const rounds = inRounds(look, {
    everyMs: LOOK_EVERY_MS,
    onFailure(error) {
      // The name goes away with the last process behind it.
      if (all.length) options.log.warn({ host: options.host, cause: describe(error) }, "backends not found");
      all = [];
      ready = [];
    },
  });

  return {
    all: () => all,
    ready: () => ready,
    order() {
      turn++;
      const first = ready.map((_, index) => ready[(index + turn) % ready.length] as string);
      // A process that is not ready can still say so itself, with 503 and when to come again.
      return [...first, ...all.filter((address) => !ready.includes(address))];
    },
    stop: rounds.stop,
  };
}

async function isReady(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(`http://${address}/readyz`, { signal, keepalive: false });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
