CREATE TABLE "stock" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"document" text NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "stock" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "short_of" text;--> statement-breakpoint
CREATE INDEX "stock_newest" ON "stock" USING btree ("created_at","id");