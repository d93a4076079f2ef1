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
-- A read model beside the live one stands in a schema of its own, under the same names: what is built next, and
-- what was live before. A connection that names them first in its search_path works on them with the same SQL.
CREATE SCHEMA "next";--> statement-breakpoint
CREATE SCHEMA "previous";--> statement-breakpoint
-- What stands in for Postgres' own there: rows that no reader sees are told to nobody.
CREATE SCHEMA "silent";--> statement-breakpoint
CREATE FUNCTION silent.pg_notify(text, text) RETURNS void LANGUAGE sql AS $$ SELECT $$;
