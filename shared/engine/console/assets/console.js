// What the script adds to a page: it keeps the page and its times up to date, and listens to the keyboard. Everything can be
// read and done without it. The server prints and escapes what it sends; the script puts it in place node by node.

const TIMES_EVERY_MS = 1_000;
/** Least time, in ms, between two changes that a screen reader says. */
const SAY_EVERY_MS = 10_000;
/** Longest time, in ms, between the two keys of a shortcut. */
const SECOND_KEY_WITHIN_MS = 1_200;
const KEYS_OFF = "millrace-keys-off";

/** Pages by the letter that leads to them after a g: the menu has it. */
const PLACES = Object.fromEntries(
  [...document.querySelectorAll("nav.side a[data-letter]")].map((entry) => [
    entry.dataset.letter,
    [entry.getAttribute("href"), entry.textContent.trim()],
  ]),
);

keepTimes();
const live = followPage();
listenToKeys();

function keepTimes() {
  const write = () => {
    for (const time of document.querySelectorAll("time.ago")) {
      const text = `${duration(Date.now() - Date.parse(time.dateTime))} ago`;
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(() => {
    if (!document.hidden) write();
  }, TIMES_EVERY_MS);
}

/** The same as duration in @millrace/platform/quantities. */
function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 1) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

// --- a page as it changes -----------------------------------------------------------------------------------

function followPage() {
  const region = document.querySelector("[data-live]");
  const status = document.querySelector("[data-live-status]");
  if (!region || !status) return undefined;
  const said = status.querySelector("[data-live-said]");
  const button = status.querySelector("[data-pause]");
  let source;
  let paused = false;
  let saidAt = Date.now();

  const say = (state, text) => {
    status.dataset.state = state;
    if (said.textContent !== text) said.textContent = text;
  };
  const open = () => {
    // EventSource accepts text/event-stream, to which the console answers the page as it changes.
    source = new EventSource(location.pathname + location.search);
    source.onopen = () => say("live", "Live");
    // The browser connects again by itself, and the console sends the page as it is by then.
    source.onerror = () => say("lost", "Connection lost, trying again");
    source.addEventListener("region", ({ data }) => {
      const next = new DOMParser().parseFromString(JSON.parse(data), "text/html").body;
      const changed = morph(region, next);
      if (!changed || Date.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = Date.now();
      say("live", `Live, changed at ${new Date().toISOString().slice(11, 19)}`);
    });
  };
  const toggle = () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) {
      source.close();
      say("paused", "Paused");
    } else open();
  };
  button.addEventListener("click", toggle);
  // A page that nobody sees need not be up to date.
  document.addEventListener("visibilitychange", () => {
    if (paused) return;
    source.close();
    if (!document.hidden) open();
  });
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted && !paused) open();
  });
  status.hidden = false;
  open();
  return { toggle };
}

/**
 * Makes the children of `place` those of `wanted`, and keeps the nodes that stay: so focus, open details and half filled
 * fields stay too. Rows are known by their keys. Answers whether anything but a time has changed.
 */
function morph(place, wanted) {
  let changed = false;
  const keyed = new Map();
  for (const child of place.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  const isList = keyed.size > 0;
  let current = place.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = next.nodeType === Node.ELEMENT_NODE ? next.dataset.key : undefined;
    const kept = key ? keyed.get(key) : current && alike(current, next) ? current : undefined;
    if (!kept) {
      const added = document.importNode(next, true);
      place.insertBefore(added, current);
      if (isList && key) added.classList.add("is-new");
      changed = true;
      continue;
    }
    if (kept === current) current = current.nextSibling;
    else place.insertBefore(kept, current);
    if (update(kept, next)) changed = true;
  }
  while (current) {
    const gone = current;
    current = current.nextSibling;
    gone.remove();
    changed = true;
  }
  return changed;
}

function alike(current, next) {
  return (
    current.nodeType === next.nodeType &&
    current.nodeName === next.nodeName &&
    (current.dataset?.key ?? "") === (next.dataset?.key ?? "")
  );
}

function update(current, next) {
  if (current.nodeType === Node.TEXT_NODE) {
    if (current.data === next.data) return false;
    current.data = next.data;
    return true;
  }
  if (current.nodeType !== Node.ELEMENT_NODE) return false;
  let changed = false;
  for (const { name, value } of [...next.attributes]) {
    if (current.getAttribute(name) === value) continue;
    current.setAttribute(name, value);
    changed = true;
  }
  for (const { name } of [...current.attributes]) {
    if (next.hasAttribute(name) || (name === "class" && current.className === "is-new")) continue;
    // Details that a person has opened stay open.
    if (name === "open" && current.nodeName === "DETAILS") continue;
    current.removeAttribute(name);
    changed = true;
  }
  // The script itself writes how long ago something was, which is no change of the page.
  if (current.matches("time.ago")) return changed;
  return morph(current, next) || changed;
}

// --- the keyboard -------------------------------------------------------------------------------------------

function listenToKeys() {
  const dialog = makeDialog();
  const opener = document.querySelector("[data-shortcuts]");
  if (opener) {
    opener.hidden = false;
    opener.querySelector("button").addEventListener("click", () => dialog.showModal());
  }
  let went = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isOff() || isTyping(event.target) || dialog.open)
      return;
    const isSecond = Date.now() - went < SECOND_KEY_WITHIN_MS;
    went = 0;
    if (isSecond && PLACES[event.key]) location.assign(PLACES[event.key][0]);
    else if (event.key === "g") went = Date.now();
    else if (event.key === "/") {
      document.querySelector("#find")?.focus();
      event.preventDefault();
    } else if (event.key === "p") live?.toggle();
    else if (event.key === "?") dialog.showModal();
  });
}

function isTyping(target) {
  return (
    target instanceof HTMLElement && target.closest("input:not([type=checkbox]), select, textarea") !== null
  );
}

function isOff() {
  return localStorage.getItem(KEYS_OFF) === "yes";
}

function makeDialog() {
  const dialog = element("dialog", { "aria-labelledby": "shortcuts" });
  const keys = element("dl");
  const rows = [
    ["/", "Find"],
    ["p", "Pause, or go on"],
    ["?", "These shortcuts"],
    ...Object.entries(PLACES).map(([key, [, name]]) => [`g ${key}`, name]),
  ];
  for (const [key, meaning] of rows) {
    const term = element("dt");
    term.append(...key.split(" ").flatMap((each, index) => [index ? " " : "", element("kbd", {}, each)]));
    keys.append(term, element("dd", {}, meaning));
  }
  const off = element("input", { type: "checkbox" });
  off.checked = isOff();
  off.addEventListener("change", () => localStorage.setItem(KEYS_OFF, off.checked ? "yes" : "no"));
  const label = element("label", { class: "check" });
  label.append(off, "Off: single keys do nothing");
  const close = element("button", { type: "button", class: "button primary" }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.append(element("h2", { id: "shortcuts" }, "Keyboard shortcuts"), keys, label, close);
  document.body.append(dialog);
  return dialog;
}

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.textContent = text;
  return made;
}
