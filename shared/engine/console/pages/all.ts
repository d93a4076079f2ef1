import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { auditPage } from "./audit.tsx";
import { correlationPage } from "./correlation.tsx";
import { deadLetterPage, discardPage } from "./dead-letter.tsx";
import { deadLettersPage } from "./dead-letters.tsx";
import { dropPage } from "./drop.tsx";
import { foundPage } from "./find.tsx";
import { flowPage } from "./flow.tsx";
import { keysPage } from "./keys.tsx";
import { lagPage } from "./lag.tsx";
import { messagesPage } from "./messages.tsx";
import { overviewPage } from "./overview.tsx";
import { partitionPage } from "./partition.tsx";
import { partitionsPage } from "./partitions.tsx";
import { processTaskPage } from "./process-task.tsx";
import { processesPage } from "./processes.tsx";
import { projectionsPage } from "./projections.tsx";
import { recordPage } from "./record.tsx";
import { relayPage } from "./relay.tsx";
import { rowsPage } from "./rows.tsx";
import { streamPage } from "./stream.tsx";
import { streamsPage } from "./streams.tsx";
import { summedPage } from "./summed.tsx";
import { topicPage } from "./topic.tsx";
import { topicsPage } from "./topics.tsx";
import { trailPage, verifyTrailPage } from "./trail.tsx";
import { webhookPage } from "./webhook.tsx";
import { webhooksPage } from "./webhooks.tsx";
import { whyPage } from "./why.tsx";

const ENGINE = [
  overviewPage,
  flowPage,
  streamsPage,
  streamPage,
  correlationPage,
  relayPage,
  topicsPage,
  topicPage,
  messagesPage,
  recordPage,
  lagPage,
  partitionsPage,
  partitionPage,
  processesPage,
  processTaskPage,
  webhooksPage,
  webhookPage,
  projectionsPage,
  dropPage,
  deadLettersPage,
  deadLetterPage,
  discardPage,
  auditPage,
  keysPage,
  trailPage,
  verifyTrailPage,
  foundPage,
];

/** Every page of the console. @throws where a read model is called as a page of the console is */
export function pagesOf(context: PageContext): readonly Page[] {
  const engine = ENGINE.map((page) => page(context));
  const shop = context.models.flatMap((model) => [
    rowsPage(context, model),
    model.past ? whyPage(context, model, model.past) : summedPage(context, model),
  ]);
  for (const { path } of shop) {
    if (engine.some((page) => page.path === path)) throw new Error(`The console has a page ${path} already`);
  }
  return [...engine, ...shop];
}
