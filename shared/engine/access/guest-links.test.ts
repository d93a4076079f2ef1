import { expect, test } from "bun:test";
import type { Sql } from "@millrace/platform/postgres";
import { credentialGate } from "./credential-gate.ts";
import { createGuestLinks, type GuestLinks } from "./guest-links.ts";

const SECRET = "a-secret-of-some-length";
const OTHER = "another-secret-of-some-length";
const THING = { family: "things", id: "A-1" };

function linksOf(secrets: readonly string[], now = 0): GuestLinks {
  const links = createGuestLinks(secrets, () => now);
  if (!links) throw new Error("there is a secret");
  return links;
}

test("a token says which thing its guest may read", () => {
  const links = linksOf([SECRET]);
  expect(links.read(links.make(THING, 1_000))).toMatchObject({ role: "guest", authn: "link", thing: THING });
});

test("an hour that is over is over, by the clock of who reads it", () => {
  const token = linksOf([SECRET]).make(THING, 1_000);
  expect(linksOf([SECRET], 999).read(token)).toMatchObject({ role: "guest" });
  expect(linksOf([SECRET], 1_000).read(token)).toMatchObject({ code: "credentials_invalid" });
});

test("a secret that changes is taken until it is dropped", () => {
  const token = linksOf([SECRET]).make(THING, 1_000);
  expect(linksOf([OTHER, SECRET]).read(token)).toMatchObject({ thing: THING });
  expect(linksOf([OTHER]).read(token)).toMatchObject({ code: "credentials_invalid" });
  expect(createGuestLinks([])).toBeUndefined();
});

test("no part of a token can be changed, left out or made up", () => {
  const links = linksOf([SECRET]);
  const token = links.make(THING, 1_000);
  const [said = "", signature = ""] = token.slice(3).split(".");
  const forged = (thing: object, expiresAt: number) =>
    Buffer.from(JSON.stringify([...Object.values(thing), expiresAt])).toString("base64url");
  for (const wrong of [
    `mg_${forged({ ...THING, id: "A-2" }, 1_000)}.${signature}`,
    `mg_${forged({ ...THING, family: "others" }, 1_000)}.${signature}`,
    `mg_${forged(THING, 9_000)}.${signature}`,
    `mg_${said}.${signature.slice(0, -2)}AA`,
    `mg_${said}.`,
    `mg_${said}`,
    `mg_.${signature}`,
    `mg_${said}.${signature}.${signature}`,
    `${token}=`,
    "mg_",
  ]) {
    expect({ wrong, ...links.read(wrong) }).toMatchObject({ wrong, code: "credentials_invalid" });
  }
});

test("where a credential is asked for, a token is one; without a secret it is none", async () => {
  const links = linksOf([SECRET]);
  const sql = (() => {
    throw new Error("nobody is looked up");
  }) as unknown as Sql;
  const headers = new Headers({ authorization: `Bearer ${links.make(THING, 1_000)}` });
  const exposure = { mode: "required" } as const;
  expect(await credentialGate({ sql, exposure, guests: links }).identify(headers)).toMatchObject({
    thing: THING,
  });
  expect(await credentialGate({ sql, exposure }).identify(headers)).toMatchObject({
    code: "credentials_invalid",
  });
});

test("two links are two principals, and neither's name lets it be used", () => {
  const links = linksOf([SECRET]);
  const subjects = [1_000, 2_000].map((until) => {
    const token = links.make(THING, until);
    const who = links.read(token);
    const subject = "subject" in who ? who.subject : "";
    expect(token).not.toContain(subject);
    return subject;
  });
  expect(new Set(subjects).size).toBe(2);
});
