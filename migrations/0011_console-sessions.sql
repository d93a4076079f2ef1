CREATE TABLE "console_sessions" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"subject" text NOT NULL,
	"key_id" text,
	"started_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "console_sessions_hash_is_sha256" CHECK (octet_length("console_sessions"."hash") = 32)
);
--> statement-breakpoint
CREATE INDEX "console_sessions_principal" ON "console_sessions" USING btree ("role","subject","started_at");