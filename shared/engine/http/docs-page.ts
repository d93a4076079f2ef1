// The documentation for people, made from the OpenAPI document: one page that loads nothing from elsewhere.
import { html, raw } from "hono/html";
import { SCRIPT, STYLE } from "./docs-assets.ts";
import {
  type Content,
  type OpenApiDocument,
  type Operation,
  type ParameterObject,
  parametersOf,
  type ResponseObject,
} from "./openapi-document.ts";

/** The page may run its own script and talk to its own API; nothing else. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function docsPage(
  document: OpenApiDocument,
  { asyncapi = false }: { readonly asyncapi?: boolean } = {},
): Promise<Response> {
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
<p>${document.info.description} <a href="/openapi.json">openapi.json</a>${asyncapi ? html` <a href="/asyncapi.json">asyncapi.json</a>` : ""}</p>
<details><summary>Headers that any request may have</summary><dl>${Object.values(
    document.components.parameters,
  ).map(({ name, description }) => html`<dt>${name}</dt><dd>${prose(description)}</dd>`)}</dl></details>
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
${operation.description ? html`<p>${prose(operation.description)}</p>` : ""}
<form data-method="${method}" data-path="${path}">
${parametersOf(operation).map(parameterField)}
${bodyField(operation)}
<p><button>Send</button></p>
<pre class="answer" hidden></pre>
</form>
<h3>Answers</h3>
<table>${Object.entries(operation.responses).map(
    ([status, { description, headers, content }]) =>
      html`<tr><th>${status}</th><td>${lines(description)}${headersOf(headers)}${schemaOf(content)}</td></tr>`,
  )}</table>
</details>`;
}

function lines(text: string) {
  return text.split("\n\n").map((line) => html`<div>${prose(line)}</div>`);
}

/** Text with words of the API `between backticks`. */
function prose(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

function headersOf(headers: ResponseObject["headers"] = {}) {
  return Object.entries(headers).map(
    ([name, { description }]) => html`<div><small><code>${name}</code> ${prose(description)}</small></div>`,
  );
}

function schemaOf(content: Content = {}) {
  const json = content["application/json"];
  if (!json) return "";
  return html`<details><summary>application/json</summary><pre>${JSON.stringify(json.schema, null, 2)}</pre></details>`;
}

function parameterField({ name, in: place, description, required }: ParameterObject) {
  return html`<label>${name} <small>${place}</small>
<input name="${name}" data-in="${place}" ${required ? raw("required") : ""} autocomplete="off">
<small>${prose(description)}</small></label>`;
}

function bodyField({ requestBody }: Operation) {
  const body = requestBody?.content["application/json"];
  if (!body) return "";
  const examples = Object.entries(body.examples ?? {});
  return html`<label>body <small>application/json</small>
<select>${examples.map(([name, { value }]) => html`<option value="${JSON.stringify(value, null, 2)}">${name}</option>`)}</select>
<textarea name="body" rows="8" spellcheck="false">${JSON.stringify(examples[0]?.[1].value ?? {}, null, 2)}</textarea></label>
<details><summary>schema</summary><pre>${JSON.stringify(body.schema, null, 2)}</pre></details>`;
}
