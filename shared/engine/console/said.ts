// What an action says on the page that follows it. Only these sentences: nothing of a link's own is ever shown.

const SENTENCES = {
  retried: { tone: "good", text: "The record took effect, and so did those that waited behind it." },
  discarded: { tone: "good", text: "The record is gone. Those that waited behind it go on." },
  "failed-again": { tone: "bad", text: "It was tried and failed again; its cause stands below." },
  asked: {
    tone: "warn",
    text: "It is asked for, and nobody has taken it up yet: the partition's owner does, once it runs.",
  },
  gone: { tone: "warn", text: "That record is not parked any more: nothing was done." },
  due: { tone: "good", text: "It is due: a dispatcher looks at it as soon as it has room." },
  paused: { tone: "good", text: "It is left alone until it is resumed." },
  resumed: { tone: "good", text: "It goes on." },
  "no-task": {
    tone: "warn",
    text: "There is nothing left to do for that key, or it was not paused: nothing was done.",
  },
  "will-send": { tone: "good", text: "It will be sent: the log below says what becomes of it." },
  "will-replay": { tone: "good", text: "They will be sent once more, page by page." },
  "no-time": { tone: "bad", text: "That is no time such as 2026-01-31T09:00:00Z: nothing was done." },
  enabled: { tone: "good", text: "It is enabled, and goes on where it stopped." },
  disabled: { tone: "good", text: "It is disabled: what happens meanwhile is not sent to it." },
  "no-webhook": {
    tone: "warn",
    text: "That is not there, or is being sent at this moment: nothing was done.",
  },
  begun: { tone: "good", text: "Begun. It goes on in the background, and can be followed here." },
  busy: { tone: "warn", text: "Something goes on with this read model already: nothing was done." },
} as const;

export type Said = keyof typeof SENTENCES;

export function saidIn(url: URL): (typeof SENTENCES)[Said] | undefined {
  const said = url.searchParams.get("said") ?? "";
  return Object.hasOwn(SENTENCES, said) ? SENTENCES[said as Said] : undefined;
}
