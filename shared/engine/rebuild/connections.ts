import type { TransactionSql } from "postgres";
import type { Sql as Pool } from "@millrace/platform/postgres";

export type Sql = Pool;
export type Tx = TransactionSql;
