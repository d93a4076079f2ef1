// How a process knows its provider's callbacks.

/** A callback as it came, byte for byte. */
export interface ReceivedCallback {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Answers the id under which the provider repeats the callback, if one of the secrets signed exactly these bytes, and lately.
 * Undefined where the signature is forged, too old or made with another secret. Must compare in constant time.
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
   * The key that the callback is about; undefined where it is about none of ours. The key may have no stream yet, so `next`
   * has to answer `done` to streams without events. Never throws.
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
