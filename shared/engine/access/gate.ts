// Who asks, of each request, by what it brings. Must never take a caller's word for it.
import { type Exposure, OPEN } from "@millrace/platform/access-mode";
import type { ClientOf } from "./client-address.ts";
import type { Action } from "./may.ts";
import { ANYBODY, type Principal } from "./principal.ts";

/** Why a request is nobody's. */
export interface Unproven {
  readonly code: "credentials_required" | "credentials_invalid";
  readonly detail?: string;
}

export type Identified = Principal | Unproven;

/** A request that was refused for who asked. */
export interface Refused {
  readonly who: Identified;
  readonly action: Action;
  /** The address that it came from. */
  readonly origin: string;
}

export interface Gate {
  readonly exposure: Exposure;
  /** Where requests come from; without it the other end of their connections. */
  readonly clientOf?: ClientOf;
  /**
   * At once where the credential came lately. `stranger` is waited for before a new one is looked at, and keeps it from that
   * by throwing.
   * @throws Failure, retryable, where what could say so is away: nobody is let in, and nobody refused for good
   */
  identify(headers: Headers, stranger?: () => Promise<void>): Identified | Promise<Identified>;
  /** Hears of each request that was refused. Must not throw, and nothing waits for it. */
  onRefused?(refused: Refused): void;
}

export function isUnproven(identified: Identified): identified is Unproven {
  return "code" in identified;
}

/** Nobody is asked. */
export function openGate(exposure: Exposure = OPEN): Gate {
  return { exposure, identify: () => ANYBODY };
}

/** The credential of `Authorization: Bearer`; undefined where there is no such header. Never one of a URL: those are logged. */
export function bearerOf(headers: Headers): string | Unproven | undefined {
  const header = headers.get("authorization");
  if (header === null) return undefined;
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] ?? NOT_BEARER;
}

const NOT_BEARER: Unproven = {
  code: "credentials_invalid",
  detail: "Send the API key or access token as Authorization: Bearer.",
};
