CREATE TABLE "customer_sources" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"customer" text,
	"orders" integer NOT NULL,
	"amount" bigint NOT NULL,
	"ordered_at" timestamp(3) with time zone,
	"name" text,
	"deleted" boolean NOT NULL,
	"partition" integer NOT NULL,
	"offset" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"id" text PRIMARY KEY NOT NULL,
	"orders" bigint NOT NULL,
	"amount" numeric NOT NULL,
	"name" text,
	"created_at" timestamp(3) with time zone,
	"last_order_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE INDEX "customer_sources_ordered" ON "customer_sources" USING btree ("customer","ordered_at") WHERE not "customer_sources"."deleted";--> statement-breakpoint
CREATE INDEX "customer_sources_named" ON "customer_sources" USING btree ("customer","name") WHERE not "customer_sources"."deleted" and "customer_sources"."name" is not null;--> statement-breakpoint
CREATE INDEX "customers_newest" ON "customers" USING btree ("created_at","id") WHERE "customers"."orders" <> 0;