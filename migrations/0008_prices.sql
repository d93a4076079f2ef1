CREATE TABLE "prices" (
	"name" text PRIMARY KEY NOT NULL,
	"product_id" text,
	"unit_price" bigint NOT NULL,
	CONSTRAINT "prices_product_id_unique" UNIQUE("product_id"),
	CONSTRAINT "prices_not_negative" CHECK ("prices"."unit_price" >= 0)
);
