CREATE TABLE "trail" (
	"position" bigint PRIMARY KEY NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"login" text NOT NULL,
	"actor" text NOT NULL,
	"authn" text NOT NULL,
	"origin" text NOT NULL,
	"act" text NOT NULL,
	"target" text NOT NULL,
	"details" json NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "trail_begins_at_1" CHECK ("trail"."position" >= 1),
	CONSTRAINT "trail_hash_is_sha256" CHECK (octet_length("trail"."hash") = 32)
);
--> statement-breakpoint
-- For every role, the table's owner too: a right can be taken from others only.
CREATE FUNCTION "refuse_trail_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the trail is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER "trail_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "trail" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_trail_change"();
