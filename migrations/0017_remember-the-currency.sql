CREATE TABLE "installation" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"currency" text,
	"currency_decimals" smallint,
	CONSTRAINT "installation_is_one" CHECK ("installation"."one")
);
