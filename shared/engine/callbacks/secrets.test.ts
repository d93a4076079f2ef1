import { expect, test } from "bun:test";
import { readCallbackSecrets } from "./secrets.ts";

const ONE = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtb25lIQ==";
const TWO = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtdHdv";

test("a process has one secret, or two while it changes", () => {
  const secrets = readCallbackSecrets(
    [`labels=${ONE}`, `labels=${TWO}`, `mails=${TWO}`],
    ["labels", "mails"],
  );
  expect(Object.fromEntries(secrets)).toEqual({ labels: [ONE, TWO], mails: [TWO] });
});

test("what can't be read is refused by its place, and no secret is shown", () => {
  const wrong = [
    [`nobody=${ONE}`],
    [ONE.slice(0, 12)],
    ["labels=short"],
    ["labels=whsec_this is no base64 at all"],
    ["labels=whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtb25lI"],
    [`labels=${ONE}`, `labels=${TWO}`, `labels=${ONE}`],
  ];
  for (const said of wrong) {
    const read = () => readCallbackSecrets(said, ["labels"]);
    expect(read).toThrow(`MILLRACE_CALLBACK_SECRETS: entry ${said.length} `);
    expect(read).not.toThrow(/whsec_\w|short/);
  }
});
