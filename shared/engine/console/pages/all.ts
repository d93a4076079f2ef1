import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { auditPage } from "./audit.tsx";
import { correlationPage } from "./correlation.tsx";
import { deadLetterPage, discardPage } from "./dead-letter.tsx";
import { deadLettersPage } from "./dead-letters.tsx";
import { dropPage } from "./drop.tsx";
import { foundPage } from "./find.tsx";
import { lagPage } from "./lag.tsx";
import { messagesPage } from "./messages.tsx";
import { orderPage } from "./order.tsx";
import { ordersPage } from "./orders.tsx";
import { overviewPage } from "./overview.tsx";
import { partitionsPage } from "./partitions.tsx";
import { paymentsPage } from "./payments.tsx";
import { processTaskPage } from "./process-task.tsx";
import { processesPage } from "./processes.tsx";
import { projectionsPage } from "./projections.tsx";
import { recordPage } from "./record.tsx";
import { relayPage } from "./relay.tsx";
import { streamPage } from "./stream.tsx";
import { streamsPage } from "./streams.tsx";
import { topicPage } from "./topic.tsx";
import { topicsPage } from "./topics.tsx";
import { usersPage } from "./users.tsx";

/** Every page of the console. */
export function pagesOf(context: PageContext): readonly Page[] {
  return [
    overviewPage,
    ordersPage,
    orderPage,
    paymentsPage,
    usersPage,
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
    processesPage,
    processTaskPage,
    projectionsPage,
    dropPage,
    deadLettersPage,
    deadLetterPage,
    discardPage,
    auditPage,
    foundPage,
  ].map((page) => page(context));
}
