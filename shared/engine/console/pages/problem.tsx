// A problem as a page: what it is, its code, and what to do. Never what was thrown.
import type { Answer } from "@millrace/http/route";
import { type Frame, printPage } from "../layout.tsx";
import { Problem } from "../parts/words.tsx";
import { htmlResponse } from "../respond.ts";

export async function problemPage(frame: Frame, { status, headers, body }: Answer): Promise<Response> {
  const { title, detail, code } = body as { title: string; detail: string; code: string };
  const html = await printPage(frame, {
    title,
    body: (
      <Problem code={code}>
        {detail}
        {status === 503 && " Reload this page in a moment: it works again as soon as the cause is gone."}
      </Problem>
    ),
  });
  const { "content-type": _, ...others } = headers;
  return htmlResponse(html, status, others);
}
