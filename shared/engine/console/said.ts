// What an action says on the page that follows it. The link names one of these sentences, and none of its own text is shown.

const SENTENCES = {
  retried: { tone: "good", text: "The record took effect, and so did the records that waited behind it." },
  discarded: { tone: "good", text: "The record is gone. The records that waited behind it go on." },
  "failed-again": {
    tone: "bad",
    text: "The record was tried, failed again and is still parked; its cause stands below. Mend the code and retry, or discard a record that is wrong.",
  },
  asked: {
    tone: "warn",
    text: "Not done yet: the owner of the partition does it once it runs. The page Partitions names the owner.",
  },
  gone: { tone: "warn", text: "Nothing was done: that record is not parked any more." },
  due: { tone: "good", text: "The task is due: it is looked at as soon as a dispatcher has room." },
  paused: { tone: "good", text: "The task is paused: nothing is done for it until it is resumed." },
  resumed: { tone: "good", text: "Resumed. It goes on." },
  "process-paused": {
    tone: "good",
    text: "The process is paused. No task of it is taken up until it is resumed; tasks in hand end their steps, and what happens meanwhile is kept.",
  },
  "process-as-it-was": {
    tone: "warn",
    text: "Nothing was done: the shop has no such process, or it was paused or resumed already.",
  },
  "no-task": {
    tone: "warn",
    text: "Nothing was done: that task is finished, or in a state that this does not apply to.",
  },
  "will-send": { tone: "good", text: "The webhook will be sent; the log below says what becomes of it." },
  "will-replay": {
    tone: "good",
    text: "The events will be sent once more; the log below says what becomes of them.",
  },
  "no-time": {
    tone: "bad",
    text: "Nothing was done: events are sent again since a time such as 2026-01-31T09:00:00Z. Enter one.",
  },
  enabled: { tone: "good", text: "The endpoint is enabled, and goes on where it stopped." },
  disabled: {
    tone: "good",
    text: "The endpoint is disabled: events of the time until it is enabled are not sent to it.",
  },
  "no-webhook": {
    tone: "warn",
    text: "Nothing was done: the endpoint or the webhook is not there any more.",
  },
  "being-sent": {
    tone: "warn",
    text: "Nothing was done: the webhook is being sent at this moment, and the log below says how that ends.",
  },
  revoked: { tone: "good", text: "The key is revoked. Within seconds no process takes it any more." },
  "no-key": { tone: "warn", text: "Nothing was done: there is no such key, or it was revoked already." },
  begun: { tone: "good", text: "Begun. It runs in the background, and its progress stands below." },
  busy: {
    tone: "warn",
    text: "Nothing was done: this read model is being rebuilt or switched already. Its progress stands below.",
  },
} as const;

export type Said = keyof typeof SENTENCES;

export interface Sentence {
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
}

export function saidIn(url: URL): Sentence | undefined {
  const said = url.searchParams.get("said") ?? "";
  return Object.hasOwn(SENTENCES, said) ? SENTENCES[said as Said] : undefined;
}
