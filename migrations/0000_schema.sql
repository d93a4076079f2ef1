CREATE SEQUENCE "public"."order_changes" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "installation" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"currency" text,
	"currency_decimals" smallint,
	CONSTRAINT "installation_is_one" CHECK ("installation"."one")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "events_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"stream" text NOT NULL,
	"version" integer NOT NULL,
	"type" text NOT NULL,
	"schema_version" smallint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"metadata" json NOT NULL,
	"data" json NOT NULL,
	CONSTRAINT "events_stream_version_pk" PRIMARY KEY("stream","version")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"lane" smallint NOT NULL,
	"records" integer NOT NULL,
	"messages" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "relay_held" (
	"stream" text PRIMARY KEY NOT NULL,
	"lane" smallint NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"version" integer NOT NULL,
	"last" integer NOT NULL,
	"cause" text NOT NULL,
	"since" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"tried_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
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
CREATE TABLE "relay_topics" (
	"topic" text PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stored_answers" (
	"key" text PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"answer" json NOT NULL,
	"stored_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "submitted_commands" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request" json NOT NULL,
	"submitted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"projection" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"offset" bigint NOT NULL,
	"last_record" text,
	"foreign_records" bigint DEFAULT 0 NOT NULL,
	"last_foreign" bigint,
	"stands_still" text,
	"owner" text NOT NULL,
	"claimed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "checkpoints_projection_topic_partition_pk" PRIMARY KEY("projection","topic","partition")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "dead_letters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"projection" text NOT NULL,
	"topic" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL,
	"key" text NOT NULL,
	"headers" json NOT NULL,
	"value" text,
	"cause" text NOT NULL,
	"kind" text NOT NULL,
	"attempts" integer NOT NULL,
	"produced_at" bigint,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested" text,
	"requested_at" timestamp with time zone,
	"must_keep" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order_stats" (
	"partition" integer NOT NULL,
	"status" text NOT NULL,
	"payment" text NOT NULL,
	"orders" bigint NOT NULL,
	"amount" numeric NOT NULL,
	CONSTRAINT "order_stats_partition_status_payment_pk" PRIMARY KEY("partition","status","payment")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"status" text NOT NULL,
	"payment" text NOT NULL,
	"customer" text,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"deleted" boolean NOT NULL,
	"document" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL,
	"change" bigint DEFAULT nextval('order_changes') NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"status" text NOT NULL,
	"amount" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"document" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"deleted" boolean NOT NULL,
	"document" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_findings" (
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"detail" text NOT NULL,
	"found_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "audit_findings_kind_subject_pk" PRIMARY KEY("kind","subject")
);
--> statement-breakpoint
CREATE TABLE "rebuild_ranges" (
	"projection" text NOT NULL,
	"ordinal" integer NOT NULL,
	"after" text NOT NULL,
	"up_to" text,
	"events" bigint DEFAULT 0 NOT NULL,
	"finished" boolean DEFAULT false NOT NULL,
	"left_out" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "rebuild_ranges_projection_ordinal_pk" PRIMARY KEY("projection","ordinal")
);
--> statement-breakpoint
CREATE TABLE "rebuilds" (
	"projection" text PRIMARY KEY NOT NULL,
	"phase" text NOT NULL,
	"events" bigint NOT NULL,
	"started_xid" bigint NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"comparison" json
);
--> statement-breakpoint
CREATE TABLE "payment_tasks" (
	"order_id" text PRIMARY KEY NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"leased_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "simulated_gateway_charges" (
	"payment_id" text PRIMARY KEY NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"outcome" text NOT NULL,
	"settles_at" timestamp with time zone DEFAULT now() NOT NULL,
	"charge_calls" integer DEFAULT 0 NOT NULL,
	"taken" integer DEFAULT 0 NOT NULL,
	"refund_id" text,
	"refund_calls" integer DEFAULT 0 NOT NULL,
	"refunded" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "events_position_brin" ON "events" USING brin ("position") WITH (autosummarize=true);--> statement-breakpoint
CREATE INDEX "relay_held_tried_at" ON "relay_held" USING btree ("topic","partition","tried_at");--> statement-breakpoint
CREATE INDEX "stored_answers_stored_at_brin" ON "stored_answers" USING brin ("stored_at");--> statement-breakpoint
CREATE INDEX "submitted_commands_unfinished" ON "submitted_commands" USING btree ("submitted_at") WHERE "submitted_commands"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "dead_letters_by_key" ON "dead_letters" USING btree ("projection","topic","key","offset");--> statement-breakpoint
CREATE INDEX "dead_letters_requested" ON "dead_letters" USING btree ("projection","topic","partition") WHERE "dead_letters"."requested" is not null;--> statement-breakpoint
CREATE INDEX "orders_newest" ON "orders" USING btree ("created_at","id") WHERE not "orders"."deleted";--> statement-breakpoint
CREATE INDEX "orders_by_status" ON "orders" USING btree ("status","created_at","id") WHERE not "orders"."deleted";--> statement-breakpoint
CREATE INDEX "orders_by_payment" ON "orders" USING btree ("payment","created_at","id") WHERE not "orders"."deleted";--> statement-breakpoint
CREATE INDEX "orders_by_customer" ON "orders" USING btree ("customer","created_at","id") WHERE not "orders"."deleted";--> statement-breakpoint
CREATE INDEX "orders_by_change" ON "orders" USING btree ("partition","change");--> statement-breakpoint
CREATE INDEX "payments_newest" ON "payments" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "payments_by_status" ON "payments" USING btree ("status","created_at","id");--> statement-breakpoint
CREATE INDEX "users_newest" ON "users" USING btree ("created_at","id") WHERE not "users"."deleted";--> statement-breakpoint
CREATE INDEX "payment_tasks_due" ON "payment_tasks" USING btree ("due_at");--> statement-breakpoint
-- An outbox entry is read once, a moment after it was written: to compress it costs more than its bytes do.
ALTER TABLE "outbox" ALTER COLUMN "messages" SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);--> statement-breakpoint
-- A read model beside the live one stands in a schema of its own, under the same names: what is built next, and what was
-- live before. A connection that names them first in its search_path works on them with the same SQL.
CREATE SCHEMA "next";--> statement-breakpoint
CREATE SCHEMA "previous";--> statement-breakpoint
-- Each database is an installation of its own from its first schema on; a dump takes its id along.
INSERT INTO "installation" DEFAULT VALUES;
