// The documentation for people, made from the OpenAPI document. One page, nothing from elsewhere.
import { html, raw } from "hono/html";
import type { OpenApiDocument, Operation } from "./openapi.ts";

/** The page may run its own script and talk to its own API; nothing else. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function docsPage(document: OpenApiDocument): Promise<Response> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${document.info.title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>${document.info.title}</h1>
<p>${document.info.description} <a href="/openapi.json">openapi.json</a></p>
${byTag(document).map(
  ([tag, operations]) =>
    html`<h2>${tag}</h2>${operations.map(({ method, path, operation }) => section(method, path, operation))}`,
)}
<script>${raw(SCRIPT)}</script>
</body>
</html>`;
  return new Response(String(page), {
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
  });
}

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function byTag(document: OpenApiDocument): [string, Listed[]][] {
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  return [...Map.groupBy(listed, ({ operation }) => operation.tags[0] ?? "")];
}

function section(method: string, path: string, operation: Operation) {
  return html`<details id="${operation.operationId}">
<summary><b class="${method}">${method}</b> <code>${path}</code> ${operation.summary}</summary>
${operation.description ? html`<p>${operation.description}</p>` : ""}
<form data-method="${method}" data-path="${path}">
${operation.parameters.map(parameterField)}
${bodyField(operation)}
<p><button>Send</button></p>
<pre class="answer" hidden></pre>
</form>
<h3>Answers</h3>
<table>${Object.entries(operation.responses).map(
    ([status, { description, content }]) =>
      html`<tr><th>${status}</th><td>${lines(description)}${schemaOf(content)}</td></tr>`,
  )}</table>
</details>`;
}

function lines(text: string) {
  return text.split("\n\n").map((line) => html`<div>${line}</div>`);
}

function schemaOf(content: unknown) {
  const [[type, shape] = []] = Object.entries((content ?? {}) as Record<string, { schema?: unknown }>);
  if (type !== "application/json" || !shape?.schema) return "";
  return html`<details><summary>${type}</summary><pre>${JSON.stringify(shape.schema, null, 2)}</pre></details>`;
}

function parameterField(parameter: Readonly<Record<string, unknown>>) {
  const {
    name,
    in: place,
    description,
    required,
  } = parameter as {
    name: string;
    in: string;
    description: string;
    required: boolean;
  };
  return html`<label>${name} <small>${place}</small>
<input name="${name}" data-in="${place}" ${required ? raw("required") : ""} autocomplete="off">
<small>${description}</small></label>`;
}

interface JsonBody {
  readonly schema: unknown;
  readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
}

function bodyField({ requestBody }: Operation) {
  const content = requestBody?.content as Readonly<Record<string, JsonBody>> | undefined;
  const body = content?.["application/json"];
  if (!body) return "";
  const examples = Object.entries(body.examples);
  return html`<label>body <small>application/json</small>
<select>${examples.map(([name, { value }]) => html`<option value="${JSON.stringify(value, null, 2)}">${name}</option>`)}</select>
<textarea name="body" rows="8" spellcheck="false">${JSON.stringify(examples[0]?.[1].value ?? {}, null, 2)}</textarea></label>
<details><summary>schema</summary><pre>${JSON.stringify(body.schema, null, 2)}</pre></details>`;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; text-transform: capitalize; }
h3 { font-size: 1rem; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
.GET { color: #2874c5; } .POST { color: #2b8a3e; } .PATCH { color: #b7791f; } .DELETE { color: #c53030; }
label { display: block; margin: .6rem 0; }
input, textarea, select { font: .9rem/1.4 ui-monospace, monospace; display: block; box-sizing: border-box; width: 100%; padding: .3rem; }
select { width: auto; margin: .3rem 0; }
small { opacity: .7; }
pre { overflow: auto; max-height: 24rem; font-size: .85rem; background: #8882; padding: .6rem; border-radius: 4px; }
th { text-align: left; vertical-align: top; padding-right: 1rem; }
`;

const SCRIPT = `
for (const form of document.forms) {
  const examples = form.querySelector("select");
  const body = form.querySelector("textarea");
  examples?.addEventListener("change", () => { body.value = examples.value; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
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
      const response = await fetch(url, { method: form.dataset.method, headers, body: body?.value });
      const named = [...response.headers].map(([name, value]) => name + ": " + value).join("\\n");
      const text = await response.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch {}
      answer.textContent = form.dataset.method + " " + url + "\\n" + response.status + " " + response.statusText + "\\n" + named + "\\n\\n" + shown;
    } catch (error) {
      answer.textContent = String(error);
    }
  });
}
`;
