// Whether a form was sent from a page of the console, by the session that the page was shown to. Must never take a form of
// another site's page for the operator's.
import { createHmac, timingSafeEqual } from "node:crypto";

export interface Asker {
  readonly request: Request;
  /** Its secret, which only the browser and this request know; undefined where there are no sessions. */
  readonly session: string | undefined;
  /** A header, which no browser adds by itself, has proven who asks. */
  readonly isProgram: boolean;
}

export interface Forms {
  /** Stands in every form that the session is shown. */
  tokenFor(asker: Pick<Asker, "session">): string;
  isOwn(asker: Asker, token: string): boolean;
}

/** `key` makes the tokens where there is no session. */
export function createForms(key: string): Forms {
  const tokenFor = ({ session }: Pick<Asker, "session">) =>
    createHmac("sha256", session ?? key)
      .update("form")
      .digest("hex");
  return {
    tokenFor,
    isOwn(asker, token) {
      if (asker.isProgram) return true;
      return isSameOrigin(asker.request) === true && isSame(token, tokenFor(asker));
    },
  };
}

/** What browsers say of where a form comes from; undefined where nothing is said, as by programs and old browsers. */
export function isSameOrigin(request: Request): boolean | undefined {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return site === null ? undefined : true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.get("host");
}

/** Takes as long for what is wrong at its start as at its end. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac("sha256", "compare").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
