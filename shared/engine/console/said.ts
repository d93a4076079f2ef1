// What an action says on the page that follows it. Only these sentences: nothing of a link's own is ever shown.

const SENTENCES = {
  retried: { tone: "good", text: "The record took effect, and so did those that waited behind it." },
  discarded: { tone: "good", text: "The record is gone. Those that waited behind it go on." },
  "failed-again": {
    tone: "bad",
    text: "It was tried, failed again and is parked still: the cause stands below. Mend the code and retry, or discard a record that is wrong.",
  },
  asked: {
    tone: "warn",
    text: "It is asked for, and not taken up yet: the owner of the partition does it, once it runs. The page Partitions names the owner.",
  },
  gone: { tone: "warn", text: "That record is not parked any more: nothing was done." },
  due: { tone: "good", text: "It is due: a dispatcher looks at it as soon as it has room." },
  paused: { tone: "good", text: "It is left alone until it is resumed." },
  resumed: { tone: "good", text: "It goes on." },
  "process-paused": {
    tone: "good",
    text: "No task of it is taken up until it is resumed; those in hand end their steps. What happens meanwhile is kept.",
  },
  "process-as-it-was": {
    tone: "warn",
    text: "Nothing was done: the shop has no such process, or it was paused or resumed already.",
  },
  "no-task": {
    tone: "warn",
    text: "Nothing was done: that task is finished, or in a state that this does not apply to.",
  },
  "will-send": { tone: "good", text: "It will be sent: the log below says what becomes of it." },
  "will-replay": { tone: "good", text: "They will be sent once more, page by page." },
  "no-time": { tone: "bad", text: "That is no time such as 2026-01-31T09:00:00Z: nothing was done." },
  enabled: { tone: "good", text: "It is enabled, and goes on where it stopped." },
  disabled: { tone: "good", text: "It is disabled: what happens meanwhile is not sent to it." },
  "no-webhook": { tone: "warn", text: "Nothing was done: it is not there any more." },
  "being-sent": {
    tone: "warn",
    text: "Nothing was done: it is being sent at this moment, and the log below says how that ends.",
  },
  revoked: { tone: "good", text: "The key is revoked. Within seconds no process takes it any more." },
  "no-key": { tone: "warn", text: "Nothing was done: there is no such key, or it was revoked already." },
  begun: { tone: "good", text: "Begun. It goes on in the background, and can be followed here." },
  busy: {
    tone: "warn",
    text: "Nothing was done: this read model is being rebuilt or switched already. Its progress stands below.",
  },
} as const;

export type Said = keyof typeof SENTENCES;

export function saidIn(url: URL): (typeof SENTENCES)[Said] | undefined {
  const said = url.searchParams.get("said") ?? "";
  return Object.hasOwn(SENTENCES, said) ? SENTENCES[said as Said] : undefined;
}
