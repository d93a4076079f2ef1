CREATE TABLE "snapshots" (
	"stream" text NOT NULL,
	"fingerprint" text NOT NULL,
	"version" integer NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"state" json NOT NULL,
	"stored_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "snapshots_stream_fingerprint_pk" PRIMARY KEY("stream","fingerprint")
);
