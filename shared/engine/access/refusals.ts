// What the trail keeps of requests that were refused for who asked: some of them, as sample.ts has it.
import type { Doer } from "@millrace/trail/doer";
import type { Sample } from "@millrace/trail/sample";
import { isUnproven, type Refused } from "./gate.ts";
import { actorOf } from "./principal.ts";

/** Requests without credentials are left out: they have tried nothing, and are asked for some. */
export function refusalsIn(sample: Sample): (refused: Refused) => void {
  return ({ who, action, origin }) => {
    if (isUnproven(who)) {
      if (who.code === "credentials_required") return;
      const nobody: Doer = { actor: "unknown", authn: "none", origin };
      void sample.note(nobody, { name: "access.refuse", target: action, details: { code: who.code } });
      return;
    }
    const { authn = "none" } = who;
    if (authn === "kafka") return;
    const somebody: Doer = { actor: actorOf(who), authn, origin };
    void sample.note(somebody, { name: "access.refuse", target: action, details: { code: "forbidden" } });
  };
}
