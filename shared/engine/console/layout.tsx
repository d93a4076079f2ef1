// The frame of every page: landmarks, navigation, search, and the region that the script keeps up to date.
import type { PropsWithChildren } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Assets } from "./assets.ts";
import type { Navigation } from "./navigation.ts";
import type { Live, Shown } from "./page.ts";
import type { Sentence } from "./said.ts";

export interface Frame {
  readonly assets: Assets;
  /** Who looks; undefined where access is open. */
  readonly signedIn: string | undefined;
  /** Stands in the form that ends their session; undefined where they have none. */
  readonly signOutToken: string | undefined;
  readonly navigation: Navigation;
  readonly section: string;
  /** Stands in the field of the search. */
  readonly sought: string;
  /** What the action before this page has done. */
  readonly said: Sentence | undefined;
}

/** Answers the whole document as text. */
export async function printPage(frame: Frame, shown: Shown, live?: Live): Promise<string> {
  const html = await (<Document frame={frame} shown={shown} live={live !== undefined} />);
  return `<!doctype html>${html}`;
}

/** The part of a page that is replaced as it changes. */
export async function printRegion(body: JSX.Element): Promise<string> {
  return String(await body);
}

function Document({ frame, shown, live }: { frame: Frame; shown: Shown; live: boolean }) {
  return (
    <html lang="en">
      <Head assets={frame.assets} title={shown.title}>
        <script type="module" src={frame.assets.href("console.js")} />
      </Head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header frame={frame} />
        <div class="columns">
          <Menus frame={frame} />
          <main id="main" tabindex={-1}>
            <div class="heading">
              <h1>{shown.title}</h1>
              {live && <LiveStatus />}
            </div>
            {shown.about && <p class="about">{shown.about}</p>}
            {frame.said && <p class={`notice ${frame.said.tone}`}>{frame.said.text}</p>}
            {shown.controls}
            <div id="region" data-live={live ? "" : undefined}>
              {shown.body}
            </div>
          </main>
        </div>
        <footer class="foot">
          <p>All times are UTC.</p>
          <p class="shortcuts" data-shortcuts hidden>
            <button type="button" class="link" data-open-shortcuts>
              Keyboard shortcuts
            </button>
          </p>
        </footer>
      </body>
    </html>
  );
}

function Header({ frame }: { frame: Frame }) {
  return (
    <header class="top">
      <a class="brand" href="/">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path d="M3 7c3 0 3 2 6 2s3-2 6-2 3 2 6 2M3 12c3 0 3 2 6 2s3-2 6-2 3 2 6 2M3 17c3 0 3 2 6 2s3-2 6-2 3 2 6 2" />
        </svg>
        Millrace
      </a>
      <search>
        <form class="find" action="/find">
          <label class="visually-hidden" for="find">
            Find an id, a stream, a topic or a request
          </label>
          <input
            id="find"
            name="q"
            type="search"
            value={frame.sought}
            placeholder="Find an id, stream, topic or request"
            maxlength={300}
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit" class="button plain">
            Find
          </button>
        </form>
      </search>
      {frame.signedIn !== undefined && <span class="who">{frame.signedIn}</span>}
      {frame.signOutToken !== undefined && (
        <form method="post" action="/sign-out">
          <input type="hidden" name="form" value={frame.signOutToken} />
          <button type="submit" class="link">
            Sign out
          </button>
        </form>
      )}
    </header>
  );
}

/** The menu stands twice in the document, and one of them is shown: beside the page, or folded above it on a phone. */
function Menus({ frame }: { frame: Frame }) {
  return (
    <>
      <nav class="side" aria-label="Pages">
        <Entries frame={frame} />
      </nav>
      <details class="menu">
        <summary>
          Menu <span class="here">{frame.section}</span>
        </summary>
        <nav aria-label="Pages">
          <Entries frame={frame} />
        </nav>
      </details>
    </>
  );
}

function Entries({ frame: { navigation, section } }: { frame: Frame }) {
  return (
    <>
      {navigation.map(({ group, entries }) => (
        <div class="group">
          <p>{group}</p>
          <ul>
            {entries.map((entry) => (
              <li>
                <a
                  href={entry.href}
                  data-letter={entry.letter}
                  aria-current={entry.section === section ? "page" : undefined}
                >
                  {entry.section}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

/** Hidden until the script shows it: without a script no page is live. */
function LiveStatus() {
  return (
    <div class="live" data-live-status hidden>
      <span class="pulse" aria-hidden="true" />
      <span role="status" aria-live="polite" data-live-said>
        Live
      </span>
      <button type="button" class="button plain" aria-pressed="false" data-pause>
        Pause
      </button>
    </div>
  );
}

/** The head of every document. */
export function Head({ assets, title, children }: PropsWithChildren<{ assets: Assets; title: string }>) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · Millrace`}</title>
      <link rel="icon" href={assets.href("favicon.svg")} type="image/svg+xml" />
      <link rel="stylesheet" href={assets.href("console.css")} />
      {children}
    </head>
  );
}
