// Style, script and icon: read once and named by their content, so that browsers keep them for good.
import { createHash } from "node:crypto";

const TYPES = {
  "console.css": "text/css; charset=utf-8",
  "console.js": "text/javascript; charset=utf-8",
  "favicon.svg": "image/svg+xml",
} as const;

export type AssetName = keyof typeof TYPES;

export interface Assets {
  href(name: AssetName): string;
  /** `file` as `href` named it; undefined where there is none. */
  respond(file: string, request: Request): Response | undefined;
}

export async function loadAssets(): Promise<Assets> {
  const files = new Map<string, { body: string; type: string; etag: string }>();
  const hrefs = new Map<AssetName, string>();
  for (const [name, type] of Object.entries(TYPES) as [AssetName, string][]) {
    const body = await Bun.file(new URL(`./assets/${name}`, import.meta.url)).text();
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 16);
    const file = name.replace(".", `.${hash}.`);
    files.set(file, { body, type, etag: `"${hash}"` });
    hrefs.set(name, `/assets/${file}`);
  }
  return {
    href: (name) => hrefs.get(name) as string,
    respond(file, request) {
      const found = files.get(file);
      if (!found) return undefined;
      const headers = { etag: found.etag, "cache-control": "public, max-age=31536000, immutable" };
      if (request.headers.get("if-none-match")?.includes(found.etag))
        return new Response(null, { status: 304, headers });
      return new Response(found.body, { headers: { ...headers, "content-type": found.type } });
    },
  };
}
