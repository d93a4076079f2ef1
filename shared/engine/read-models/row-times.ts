// When a row was made and changed, by the clocks of the processes that appended its events.

interface Times {
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** After an event of that time. A clock that was behind makes no row that changed before it was made. */
export function timesOf(row: Times | undefined, at: string): Times {
  const createdAt = row?.createdAt ?? at;
  return { createdAt, updatedAt: at < createdAt ? createdAt : at };
}
