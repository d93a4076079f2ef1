// Believes a gateway in front that has asked already. Must never believe a header without the gateway's secret beside it.
import { timingSafeEqual } from "node:crypto";
import type { Exposure } from "@millrace/platform/access-mode";
import { hashOfKey } from "./api-key.ts";
import { bearerOf, type Gate, type Identified, type Unproven } from "./gate.ts";
import { type GuestLinks, isGuestToken } from "./guest-links.ts";
import { isRole, isSubject } from "./principal.ts";

/** The gateway has to remove these from what its callers send. */
const HEADERS = {
  secret: "millrace-gateway-secret",
  role: "millrace-role",
  subject: "millrace-subject",
  scopes: "millrace-scopes",
} as const;

export function gatewayGate({
  secret,
  exposure,
  guests,
}: {
  secret: string;
  exposure: Exposure;
  /** Undefined where guests are let read nothing. */
  guests?: GuestLinks | undefined;
}): Gate {
  const expected = hashOfKey(secret);
  // Compared by hash: as long for a secret that is wrong at its start as at its end.
  const isSecret = (given: string) => timingSafeEqual(hashOfKey(given), expected);
  return {
    exposure,
    identify(headers) {
      const given = headers.get(HEADERS.secret);
      if (given === null) return NOT_BY_GATEWAY;
      return isSecret(given) ? named(headers, guests) : WRONG_SECRET;
    },
  };
}

function named(headers: Headers, guests: GuestLinks | undefined): Identified {
  const role = headers.get(HEADERS.role);
  const subject = headers.get(HEADERS.subject);
  if (role === null && subject === null) {
    // Guests have no account that a gateway could name: it passes their link on, and the link is signed here.
    const credential = bearerOf(headers);
    return guests && typeof credential === "string" && isGuestToken(credential)
      ? guests.read(credential)
      : NOBODY;
  }
  if (!isRole(role) || subject === null || !isSubject(subject)) return MISNAMED;
  const scopes = (headers.get(HEADERS.scopes) ?? "").split(/[ ,]+/).filter(Boolean);
  return { role, subject, scopes, authn: "gateway" };
}

const NOT_BY_GATEWAY: Unproven = {
  code: "credentials_required",
  detail: "Only requests that come through the gateway are answered (MILLRACE_AUTH=gateway).",
};
const WRONG_SECRET: Unproven = {
  code: "credentials_invalid",
  detail: "The Millrace-Gateway-Secret is not the one that is expected here (MILLRACE_AUTH_GATEWAY_SECRET).",
};
const NOBODY: Unproven = {
  code: "credentials_required",
  detail: "The gateway named nobody: sign in there.",
};
const MISNAMED: Unproven = {
  code: "credentials_invalid",
  detail:
    "The gateway has to name a role in Millrace-Role (customer, clerk, service, operator or auditor) and a subject in Millrace-Subject.",
};
