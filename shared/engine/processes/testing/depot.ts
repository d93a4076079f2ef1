// For tests: parcels on a stage, and a carrier that keeps books.
import { streamName } from "@millrace/events/envelope";
import { transact } from "@millrace/store/transact";
import { type LabelAnswer, label, labelCalls, labels, labelsDefinition, parcel } from "./labels.ts";
import { openStage, type Shift } from "./stage.ts";

export interface Carrier {
  book(key: string): Promise<LabelAnswer>;
  close(key: string): Promise<LabelAnswer>;
}

export interface Account {
  /** Times that a label was made under the key: what must never pass 1. */
  booked: number;
  closed: boolean;
  /** In the order in which they came. */
  readonly calls: ("book" | "close")[];
}

export function openDepot(databaseUrl: string) {
  const stage = openStage(databaseUrl);
  const books = new Map<string, Account>();
  const account = (key: string): Account => {
    const known = books.get(key) ?? { booked: 0, closed: false, calls: [] };
    books.set(key, known);
    return known;
  };
  const carrier: Carrier = {
    async book(key) {
      const known = account(key);
      known.calls.push("book");
      if (!known.closed) known.booked ||= 1;
      return { outcome: known.closed ? "closed" : "booked" };
    },
    async close(key) {
      const known = account(key);
      known.calls.push("close");
      known.closed = true;
      return { outcome: "closed" };
    },
  };
  type Command = Parameters<typeof parcel.decider.decide>[0];
  const command = (key: string, given: Command) =>
    transact(stage.store, parcel, {
      aggregateId: key,
      commands: [given],
      metadata: { actor: "test", correlationId: `request of ${key}`, causationId: "test" },
    });

  return {
    ...stage,
    carrier,

    /** What the carrier holds for a parcel, under whatever keys. */
    account(parcelId: string): Account {
      const own = [...books].flatMap(([key, each]) => (key.startsWith(`label of ${parcelId}`) ? [each] : []));
      return {
        booked: own.reduce((sum, { booked }) => sum + booked, 0),
        closed: own.some(({ closed }) => closed),
        calls: own.flatMap(({ calls }) => calls),
      };
    },

    async pack(kilograms = 2): Promise<string> {
      const parcelId = crypto.randomUUID();
      await command(parcelId, { type: "Pack", parcelId, kilograms });
      return parcelId;
    },
    callBack: (key: string) => command(key, { type: "CallBack" }),
    deliver: (key: string) => stage.deliver(labels, streamName("parcel", key)),

    dispatchLabels: ({ restMs, by = carrier, ...shift }: Shift & { restMs?: number; by?: Carrier } = {}) =>
      stage.dispatch(labelsDefinition, { settings: { restMs }, calls: labelCalls(by) }, shift),

    async label(key: string): Promise<string[]> {
      const events = await stage.store.loader.load(streamName(label.decider.category, key));
      return events.map(({ type }) => type);
    },
  };
}
