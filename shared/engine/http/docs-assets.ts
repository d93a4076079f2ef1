// What the documentation page looks like, and what it does in the browser.

export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; text-transform: capitalize; }
h3 { font-size: 1rem; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
summary code { margin-right: .5rem; }
.GET { color: light-dark(#1f66b0, #6cb0f5); } .POST { color: light-dark(#26783a, #63c97c); }
.PUT, .PATCH { color: light-dark(#8a5a12, #e0a94a); } .DELETE { color: light-dark(#b82c2c, #f28b82); }
label { display: block; margin: .6rem 0; }
input, textarea, select { font: .9rem/1.4 ui-monospace, monospace; display: block; box-sizing: border-box; width: 100%; padding: .3rem; }
button { font: inherit; padding: .3rem 1.2rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
select { width: auto; margin: .3rem 0; }
small { opacity: .7; }
pre { overflow: auto; max-height: 24rem; font-size: .85rem; background: #8882; padding: .6rem; border-radius: 4px; }
table { border-spacing: 0; width: 100%; table-layout: fixed; }
th { text-align: left; vertical-align: top; width: 3.2rem; padding: .3rem 0; }
td { padding: .3rem 0; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .4rem; }
dd { margin-left: 1rem; opacity: .85; }
@media (max-width: 40rem) { body { margin: 1rem auto; padding: 0 .6rem; } details { padding: .4rem .5rem; } }
`;

export const SCRIPT = `
const SHOWN_MOST = 2_000_000;
const show = (answer, url, head, text) => { answer.textContent = url + "\\n" + head + "\\n\\n" + text; };
for (const form of document.forms) {
  let sending;
  const examples = form.querySelector("select");
  const body = form.querySelector("textarea");
  examples?.addEventListener("change", () => { body.value = examples.value; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    sending?.abort();
    sending = new AbortController();
    let path = form.dataset.path;
    const query = new URLSearchParams();
    const headers = body ? { "content-type": "application/json" } : {};
    for (const { name, value, dataset } of form.querySelectorAll("input")) {
      if (value === "") continue;
      if (dataset.in === "path") path = path.replace("{" + name + "}", encodeURIComponent(value));
      else if (dataset.in === "query") query.set(name, value);
      else headers[name] = value;
    }
    const answer = form.querySelector(".answer");
    answer.hidden = false;
    answer.textContent = "…";
    const url = query.size ? path + "?" + query : path;
    try {
      const response = await fetch(url, {
        method: form.dataset.method, headers, body: body?.value, redirect: "manual", signal: sending.signal,
      });
      const named = [...response.headers].map(([name, value]) => name + ": " + value).join("\\n");
      const head = response.type === "opaqueredirect"
        ? "A redirect to the other API, which a browser does not follow from here."
        : response.status + " " + response.statusText + "\\n" + named;
      let text = "";
      const decoder = new TextDecoder();
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
        // A stream goes on until the next request from this form.
        text = (text + decoder.decode(part.value, { stream: true })).slice(-SHOWN_MOST);
        show(answer, form.dataset.method + " " + url, head, text);
      }
      try { text = JSON.stringify(JSON.parse(text), null, 2); } catch {}
      show(answer, form.dataset.method + " " + url, head, text);
    } catch (error) {
      if (!sending.signal.aborted) answer.textContent = String(error);
    }
  });
}
`;
