ALTER TABLE "checkpoints" ADD COLUMN "foreign_records" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD COLUMN "last_foreign" bigint;