// How a process knows its provider's callbacks.

/** As it came, byte for byte. */
export interface ReceivedCallback {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Whether one of the secrets has signed exactly these bytes, and lately; with the id under which the provider sends them again.
 * Undefined for what is forged, too old or of another's secret. Must compare in constant time.
 *
 * @param nowMs milliseconds since 1970
 */
export type VerifyCallback = (
  received: ReceivedCallback,
  secrets: readonly string[],
  nowMs: number,
) => { readonly id: string } | undefined;

export interface CallbackSource {
  /** The provider's own signature; that of Standard Webhooks where it is left out. */
  readonly verify?: VerifyCallback;
  /**
   * The key that it is about; undefined where it is about none of ours. It may be one that nothing is known of, so `next` has
   * to answer `done` to streams without events. Never throws.
   */
  key(body: Uint8Array): string | undefined;
}

/** The text at a path of a JSON body: `textAt("data", "parcelId")`. */
export function textAt(...path: readonly string[]): (body: Uint8Array) => string | undefined {
  return (body) => {
    let value: unknown = parsed(body);
    for (const name of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return typeof value === "string" ? value : undefined;
  };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
