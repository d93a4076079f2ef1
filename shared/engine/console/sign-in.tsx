// The one page that is shown without a token.
import { problem } from "@millrace/http/problem";
import type { Answer } from "@millrace/http/route";
import { type Access, isSameOrigin } from "./access.ts";
import type { Assets } from "./assets.ts";
import { Head } from "./layout.tsx";
import { htmlResponse, seeOther } from "./respond.ts";

/** A form of one short field. */
const FORM_BYTES_MAX = 4_096;

export async function signIn(access: Access, assets: Assets, request: Request): Promise<Response | Answer> {
  // Nobody is to be signed in by another site's page, nor sent there by one.
  if (isSameOrigin(request) === false) return problem("cross_site_request");
  const form = await readForm(request, FORM_BYTES_MAX);
  const goTo = ownPath(form.get("next"));
  if (!access.isToken(form.get("token") ?? "")) {
    return signInPage({ assets, next: goTo, wrong: true });
  }
  return seeOther(goTo, { "set-cookie": access.startSession(request) });
}

export async function signInPage({
  assets,
  next,
  wrong = false,
}: {
  assets: Assets;
  next: string;
  wrong?: boolean;
}): Promise<Response> {
  const html = await (<SignIn assets={assets} next={next} wrong={wrong} />);
  return htmlResponse(`<!doctype html>${html}`, 401, {
    "www-authenticate": 'Bearer realm="Millrace console"',
  });
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

function SignIn({ assets, next, wrong }: { assets: Assets; next: string; wrong: boolean }) {
  return (
    <html lang="en">
      <Head assets={assets} title="Sign in" />
      <body>
        <main class="sign-in">
          <h1>Millrace console</h1>
          <p class="about">Sign in with the token that the console was started with.</p>
          {wrong && (
            <p class="notice bad" role="alert" id="wrong">
              That is not the token.
            </p>
          )}
          <form method="post" action="/sign-in">
            <input type="hidden" name="next" value={next} />
            <label for="token">Token</label>
            <input
              id="token"
              name="token"
              type="password"
              required
              autocomplete="current-password"
              aria-describedby={wrong ? "wrong" : undefined}
              aria-invalid={wrong ? "true" : undefined}
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
