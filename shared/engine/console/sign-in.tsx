// Signing in and out, and the one page that is shown without a session.
import { addressOf } from "@millrace/http/address";
import { doerOf } from "@millrace/http/doer";
import { problem } from "@millrace/http/problem";
import type { Answer, Call } from "@millrace/http/route";
import { type Access, isOwnForm, type SignIn, sessionOf } from "./access.ts";
import type { Assets } from "./assets.ts";
import { isSameOrigin } from "./forms.ts";
import type { IssuerOutcome } from "./issuer-sign-in.ts";
import type { KeyOutcome } from "./key-sign-in.ts";
import { Head } from "./layout.tsx";
import { ownPath } from "./own-path.ts";
import { htmlResponse, seeOther } from "./respond.ts";

/** A form of one short field. */
const FORM_BYTES_MAX = 4_096;

type Refused = Exclude<KeyOutcome | IssuerOutcome, { is: "signed in" }>;

export async function signIn(
  ways: SignIn,
  assets: Assets,
  call: Pick<Call, "context" | "request" | "gate">,
): Promise<Response | Answer> {
  const { byKey, cookie } = ways;
  const { request } = call;
  // No page of another site may sign a browser in, nor send it on.
  if (isSameOrigin(request) === false) return problem("cross_site_request");
  const form = await readForm(request, FORM_BYTES_MAX);
  const next = ownPath(form.get("next"));
  const outcome = await byKey.enter((form.get("key") ?? "").trim(), addressOf(call));
  return outcome.is === "signed in"
    ? seeOther(next, { "set-cookie": cookie.start(request.headers, outcome.secret) })
    : signInPage({ ways, assets, next, refused: outcome });
}

/** Sends the browser to the issuer. */
export async function goToIssuer(
  { byIssuer, cookie }: SignIn,
  { request }: Call,
): Promise<Response | Answer> {
  if (!byIssuer) return problem("route_not_found");
  const next = ownPath(new URL(request.url).searchParams.get("next"));
  const { location, flow } = await byIssuer.begin(next);
  return seeOther(location, { "set-cookie": cookie.startFlow(request.headers, flow) });
}

/** Takes what the browser brings back from there. */
export async function comeFromIssuer(ways: SignIn, assets: Assets, call: Call): Promise<Response | Answer> {
  const { byIssuer, cookie } = ways;
  if (!byIssuer) return problem("route_not_found");
  const { headers, url } = call.request;
  const outcome = await byIssuer.finish({
    search: new URL(url).search,
    flow: cookie.flowIn(headers),
    origin: addressOf(call),
  });
  const isIn = outcome.is === "signed in";
  const answer = isIn
    ? await welcomePage(assets, outcome.next)
    : await signInPage({ ways, assets, next: "next" in outcome ? outcome.next : "/", refused: outcome });
  if (isIn) answer.headers.append("set-cookie", cookie.start(headers, outcome.secret));
  answer.headers.append("set-cookie", cookie.endFlow(headers));
  return answer;
}

/** A page, not a redirect: after a redirect the browser would still hold that another site began this, and keep the cookie back. */
async function welcomePage(assets: Assets, next: string): Promise<Response> {
  const html = await (
    <html lang="en">
      <Head assets={assets} title="Signed in">
        <meta http-equiv="refresh" content={`0;url=${next}`} />
      </Head>
      <body>
        <main class="sign-in">
          <h1>Millrace console</h1>
          <p>
            You are signed in. <a href={next}>Go on</a>
          </p>
        </main>
      </body>
    </html>
  );
  return htmlResponse(`<!doctype html>${html}`);
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
  ways: SignIn;
  assets: Assets;
  next: string;
  refused?: Refused;
}): Promise<Response> {
  const html = await (<SignInPage {...shown} />);
  const { refused } = shown;
  const headers = { "www-authenticate": 'Bearer realm="Millrace console"' };
  if (refused?.is === "wrong role") return htmlResponse(`<!doctype html>${html}`, 403);
  const retryAfter = refused?.is === "no key" ? refused.retryAfterSeconds : undefined;
  if (retryAfter === undefined) return htmlResponse(`<!doctype html>${html}`, 401, headers);
  return htmlResponse(`<!doctype html>${html}`, 429, { "retry-after": String(retryAfter) });
}

/** The fields of a form; none of what is no form, or too long for one. */
export async function readForm(request: Request, bytesMax: number): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!type.startsWith("application/x-www-form-urlencoded") || !(length <= bytesMax))
    return new URLSearchParams();
  return new URLSearchParams(await request.text());
}

function SignInPage({ ways, assets, next, refused }: Parameters<typeof signInPage>[0]) {
  return (
    <html lang="en">
      <Head assets={assets} title="Sign in" />
      <body>
        <main class="sign-in">
          <h1>Millrace console</h1>
          <p class="about">
            Sign in with the API key of an operator, or of an auditor, who may look only. The command that
            makes one is <code>bun run ops keys create --role operator --name ann</code>
          </p>
          {refused && (
            <p class="notice bad" role="alert" id="wrong">
              {sentenceOn(refused)}
            </p>
          )}
          {ways.byIssuer && (
            <p>
              <a class="button primary" href={`/sign-in/issuer?${new URLSearchParams({ next })}`}>
                Sign in with your organisation
              </a>
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
      return "You are not signed in: this API key was revoked, has expired, or never existed. Check that it was copied whole, or ask an operator for another.";
    case "not taken":
      return "You are not signed in: what came back from your organisation does not belong to this browser or is too old. Try again.";
    case "wrong role":
      return `You are not signed in: the console is for operators and auditors, and your role is ${refused.role}. Ask an operator for a key, or for another role.`;
  }
}
