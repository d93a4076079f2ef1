// Types of columns that more than one package's tables have.
import { customType, timestamp } from "drizzle-orm/pg-core";

export const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/** Read as Postgres prints it. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "string" });
