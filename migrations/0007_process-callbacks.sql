CREATE TABLE "process_callbacks" (
	"process" text NOT NULL,
	"provider_id" text NOT NULL,
	"key" text,
	"body" "bytea" NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "process_callbacks_process_provider_id_pk" PRIMARY KEY("process","provider_id")
);
