// For tests: a process of a shop that is nobody's. A parcel that was packed gets a label of a carrier; one that is called back
// has its label closed, so that no later call books it.
import * as v from "valibot";
import { accept, type Decider, refuse } from "@millrace/domain/decider";
import { createCodec } from "@millrace/events/codec";
import { defineProcess } from "../define-process.ts";
import type { Call, ProcessDefinition, Wake } from "../process.ts";

export type ParcelEvent =
  | { type: "ParcelPacked"; data: { parcelId: string; kilograms: number } }
  | { type: "ParcelWeighed"; data: Record<string, never> }
  | { type: "ParcelCalledBack"; data: Record<string, never> };
type ParcelCommand =
  | { type: "Pack"; parcelId: string; kilograms: number }
  | { type: "Weigh" }
  | { type: "CallBack" };
interface ParcelState {
  readonly packed: { readonly parcelId: string; readonly kilograms: number } | undefined;
  readonly isBack: boolean;
}

const nothing = { schemaVersion: 1, schema: v.strictObject({}), upcasters: [] };

export const parcel = {
  decider: {
    category: "parcel",
    initialState: { packed: undefined, isBack: false },
    evolve(state, event) {
      if (event.type === "ParcelPacked") return { ...state, packed: event.data };
      return event.type === "ParcelCalledBack" ? { ...state, isBack: true } : state;
    },
    decide(command, state) {
      if (command.type === "Pack") {
        const { type: _, ...data } = command;
        return state.packed ? accept() : accept({ type: "ParcelPacked", data });
      }
      if (command.type === "Weigh") return accept({ type: "ParcelWeighed", data: {} });
      return state.isBack ? accept() : accept({ type: "ParcelCalledBack", data: {} });
    },
  } as Decider<ParcelCommand, ParcelState, ParcelEvent, { code: string }>,
  codec: createCodec<ParcelEvent>({
    ParcelPacked: {
      schemaVersion: 1,
      schema: v.strictObject({ parcelId: v.string(), kilograms: v.number() }),
      upcasters: [],
    },
    ParcelWeighed: nothing,
    ParcelCalledBack: nothing,
  }),
};

export type LabelEvent =
  | { type: "LabelRequested"; data: Record<string, never> }
  | { type: "LabelBooked"; data: Record<string, never> }
  | { type: "LabelClosed"; data: Record<string, never> };
type LabelCommand = { type: "Request" } | { type: "Book" } | { type: "Close" } | { type: "Forget" };
type LabelState = "NONE" | "REQUESTED" | "BOOKED" | "CLOSED";

export const label = {
  decider: {
    category: "label",
    initialState: "NONE",
    evolve(_, event) {
      if (event.type === "LabelRequested") return "REQUESTED";
      return event.type === "LabelBooked" ? "BOOKED" : "CLOSED";
    },
    decide(command, state) {
      switch (command.type) {
        case "Request":
          return state === "NONE" ? accept({ type: "LabelRequested", data: {} }) : accept();
        case "Book":
          // An answer that comes late is no news.
          return state === "REQUESTED" ? accept({ type: "LabelBooked", data: {} }) : accept();
        case "Close":
          return state === "CLOSED" ? accept() : accept({ type: "LabelClosed", data: {} });
        case "Forget":
          return refuse({ code: "labels_are_never_forgotten" });
      }
    },
  } as Decider<LabelCommand, LabelState, LabelEvent, { code: string }>,
  codec: createCodec<LabelEvent>({ LabelRequested: nothing, LabelBooked: nothing, LabelClosed: nothing }),
};

export interface LabelCalls {
  readonly book: { readonly kilograms: number };
  readonly close: Record<string, never>;
}

const streams = { parcel, label };

/** Parcels of more than this are nothing for the carrier. */
export const KILOGRAMS_MAX = 30;

export const labelsDefinition: ProcessDefinition<
  typeof streams,
  LabelCalls,
  { readonly restMs: number | undefined }
> = {
  name: "labels",
  projection: "label-tasks",
  streams,
  begunBy: "label",
  wakes: [
    {
      on: parcel,
      look: ({ type }) =>
        type === "ParcelPacked" ? "begins" : type === "ParcelCalledBack" ? "goes on" : undefined,
    } satisfies Wake<ParcelEvent>,
  ],
  open() {
    throw new Error("Tests open it by hand");
  },
  next({ parcel: { state, begunAtMs = 0 }, label: { state: label } }, nowMs, { restMs }) {
    if (!state.packed || label === "CLOSED") return { kind: "done" };
    const { parcelId, kilograms } = state.packed;
    if (kilograms > KILOGRAMS_MAX) {
      return { kind: "stuck", reason: `${kilograms} kg is more than the carrier takes` };
    }
    if (restMs !== undefined && nowMs < begunAtMs + restMs) {
      return { kind: "wait", untilMs: begunAtMs + restMs, waitingFor: "the glue to dry" };
    }
    if (label === "NONE") return { kind: "decide", on: "label", command: { type: "Request" } };
    const key = `label of ${parcelId}`;
    if (state.isBack) return { kind: "call", call: "close", key, request: {} };
    return label === "BOOKED"
      ? { kind: "done" }
      : { kind: "call", call: "book", key, request: { kilograms } };
  },
};

export const labels = defineProcess(labelsDefinition);

export type LabelCallsOf = {
  [Name in keyof LabelCalls]: Call<typeof streams, LabelCalls[Name], LabelAnswer>;
};

export type LabelAnswer = { readonly outcome: "booked" | "closed" | "forgotten" };

/** What the carrier's answers lead to. */
export function labelCalls(carrier: {
  book(key: string): Promise<LabelAnswer>;
  close(key: string): Promise<LabelAnswer>;
}): LabelCallsOf {
  const follow = ({ outcome }: { outcome: string }) => {
    if (outcome === "booked") return { on: "label", command: { type: "Book" } } as const;
    if (outcome === "closed") return { on: "label", command: { type: "Close" } } as const;
    return outcome === "forgotten" ? ({ on: "label", command: { type: "Forget" } } as const) : undefined;
  };
  return {
    book: { run: (_, { key }) => carrier.book(key), follow },
    close: { run: (_, { key }) => carrier.close(key), follow },
  };
}
