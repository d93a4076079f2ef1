// Signing in and out: the one page that is shown to those who have not.
import { addressOf } from "@millrace/http/address";
import { problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import { type Access, doerOf, isOwnForm, type SignIn, sessionOf } from "./access.ts";
import type { Assets } from "./assets.ts";
import { isSameOrigin } from "./forms.ts";
import type { KeyOutcome } from "./key-sign-in.ts";
import { Head } from "./layout.tsx";
import { htmlResponse, seeOther } from "./respond.ts";

/** A form of one short field. */
const FORM_BYTES_MAX = 4_096;

type Refused = Exclude<KeyOutcome, { is: "signed in" }>;

export async function signIn(
  { byKey, cookie }: SignIn,
  assets: Assets,
  call: Pick<Call, "context" | "request">,
): Promise<Response | Answer> {
  const { request } = call;
  // Nobody is to be signed in by another site's page, nor sent there by one.
  if (isSameOrigin(request) === false) return problem("cross_site_request");
  const form = await readForm(request, FORM_BYTES_MAX);
  const next = ownPath(form.get("next"));
  const outcome = await byKey.enter((form.get("key") ?? "").trim(), addressOf(call));
  return outcome.is === "signed in"
    ? seeOther(next, { "set-cookie": cookie.start(request.headers, outcome.secret) })
    : signInPage({ assets, next, refused: outcome });
}

export async function signOut(access: Access, call: Call): Promise<Response | Answer> {
  const form = await readForm(call.request, FORM_BYTES_MAX);
  if (!isOwnForm(access, call, form.get("form") ?? "")) return problem("cross_site_request");
  const session = sessionOf(access, call.request);
  if (!access.signIn || session === undefined) return seeOther("/");
  await access.signIn.sessions.end(session, doerOf(call));
  return seeOther("/sign-in", { "set-cookie": access.signIn.cookie.end(call.request.headers) });
}

export async function signInPage(shown: {
  assets: Assets;
  next: string;
  refused?: Refused;
}): Promise<Response> {
  const html = await (<SignInPage {...shown} />);
  const { refused } = shown;
  const headers = { "www-authenticate": 'Bearer realm="Millrace console"' };
  if (refused?.is === "wrong role") return htmlResponse(`<!doctype html>${html}`, 403);
  if (refused?.retryAfterSeconds === undefined) return htmlResponse(`<!doctype html>${html}`, 401, headers);
  return htmlResponse(`<!doctype html>${html}`, 429, { "retry-after": String(refused.retryAfterSeconds) });
}

/** Form fields. @throws nothing: what is no form, or too long for one, has no fields. */
export async function readForm(request: Request, bytesMax: number): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!type.startsWith("application/x-www-form-urlencoded") || !(length <= bytesMax))
    return new URLSearchParams();
  return new URLSearchParams(await request.text());
}

/** Where somebody wanted to go, if that is on this site as a browser reads it: it drops tabs and takes \\ for /. */
export function ownPath(path: string | null): string {
  const url = URL.parse(path ?? "/", OWN);
  // Of /..//evil.example the dots are dropped, and what is left would lead there.
  return url?.origin === OWN && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}

/** Stands for this site, whatever it is called: no path leads here from another one. */
const OWN = "http://console.invalid";

function SignInPage({ assets, next, refused }: { assets: Assets; next: string; refused?: Refused }) {
  return (
    <html lang="en">
      <Head assets={assets} title="Sign in" />
      <body>
        <main class="sign-in">
          <h1>Millrace console</h1>
          <p class="about">
            Sign in with an API key of an operator, or of an auditor to look only. Whoever runs Millrace makes
            one: <code>bun run ops keys create --role operator --name ann</code>
          </p>
          {refused && (
            <p class="notice bad" role="alert" id="wrong">
              {sentenceOn(refused)}
            </p>
          )}
          <form method="post" action="/sign-in">
            <input type="hidden" name="next" value={next} />
            <label for="key">API key</label>
            <input
              id="key"
              name="key"
              type="password"
              required
              autocomplete="current-password"
              aria-describedby={refused ? "wrong" : undefined}
              aria-invalid={refused ? "true" : undefined}
            />
            <button type="submit" class="button primary">
              Sign in
            </button>
          </form>
        </main>
      </body>
    </html>
  );
}

function sentenceOn(refused: Refused): string {
  switch (refused.is) {
    case "no key":
      return "That is no key that works: it was revoked, has expired, or never was one.";
    case "wrong role":
      return `That is a key of a ${refused.role}, and the console is for operators and auditors.`;
  }
}
