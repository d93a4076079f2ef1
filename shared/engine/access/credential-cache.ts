// What is known of credentials that came lately, by their hashes: so that a request costs a hash, not a query or a
// signature. Must never keep a credential itself, or believe one past the time that it was believed for.

/** Credentials that are known at once: each takes some 300 bytes. The one that came longest ago gives way. */
const KNOWN_MAX = 10_000;

export interface Known<Who> {
  readonly who: Who;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface CredentialCache<Who> {
  /**
   * What is known, at once; else what `ask` says, which those that come meanwhile wait for as well. Before one is asked about
   * that was not right before, `stranger` is waited for.
   */
  find(credential: string, stranger?: () => Promise<void>): Who | Promise<Who>;
  size(): number;
}

export function createCredentialCache<Who>(
  ask: (credential: string) => Promise<Known<Who>>,
  {
    now = Date.now,
    knownMax = KNOWN_MAX,
    isRight = () => true,
  }: { now?: () => number; knownMax?: number; isRight?: (who: Who) => boolean } = {},
): CredentialCache<Who> {
  const known = new Map<string, Known<Who>>();
  const asked = new Map<string, Promise<Who>>();

  const keep = (hash: string, found: Known<Who>) => {
    known.delete(hash);
    known.set(hash, found);
    const [oldest] = known.keys();
    if (known.size > knownMax && oldest !== undefined) known.delete(oldest);
  };

  const askFor = async (hash: string, credential: string, stranger?: () => Promise<void>) => {
    try {
      await stranger?.();
      const found = await ask(credential);
      keep(hash, found);
      return found.who;
    } finally {
      asked.delete(hash);
    }
  };

  return {
    find(credential, stranger) {
      const hash = hashOf(credential);
      const found = known.get(hash);
      if (found && found.until > now()) return found.who;
      const waiting =
        asked.get(hash) ?? askFor(hash, credential, found && isRight(found.who) ? undefined : stranger);
      asked.set(hash, waiting);
      return waiting;
    },
    size: () => known.size,
  };
}

function hashOf(credential: string): string {
  return new Bun.CryptoHasher("sha256").update(credential).digest("base64");
}
