ALTER TABLE "installation" ADD COLUMN "id" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
-- Each database is an installation of its own from its first schema on; a dump takes its id along.
INSERT INTO "installation" DEFAULT VALUES ON CONFLICT ("one") DO NOTHING;
