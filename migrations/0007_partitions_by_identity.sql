CREATE TABLE "relay_marks" (
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL,
	CONSTRAINT "relay_marks_topic_partition_pk" PRIMARY KEY("topic","partition")
);
--> statement-breakpoint
CREATE TABLE "relay_refills" (
	"topic" text NOT NULL,
	"lane" smallint NOT NULL,
	"position" bigint DEFAULT 0 NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "relay_refills_topic_lane_pk" PRIMARY KEY("topic","lane")
);
--> statement-breakpoint
ALTER TABLE "checkpoints" ADD COLUMN "last_record" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "requested" text;--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "requested_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "dead_letters_requested" ON "dead_letters" USING btree ("projection","topic","partition") WHERE "dead_letters"."requested" is not null;