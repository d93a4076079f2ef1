// What could not be shown, as a page: the code, and what to do about it. Never what was thrown.
import type { Answer } from "@millrace/http/route";
import { type Frame, printPage } from "../layout.tsx";
import { htmlResponse } from "../respond.ts";

export async function problemPage(frame: Frame, { status, headers, body }: Answer): Promise<Response> {
  const { title, detail, code } = body as { title: string; detail: string; code: string };
  const html = await printPage(frame, {
    title,
    body: (
      <div class="notice bad" data-problem={code}>
        <p>{detail}</p>
        <p>
          <code>{code}</code>
        </p>
        {status === 503 && <p>This page works again by itself: load it anew in a moment.</p>}
      </div>
    ),
  });
  const { "content-type": _, ...others } = headers;
  return htmlResponse(html, status, others);
}
