CREATE TABLE "process_pauses" (
	"process" text PRIMARY KEY NOT NULL,
	"paused_at" timestamp with time zone DEFAULT now() NOT NULL,
	"reason" text
);
