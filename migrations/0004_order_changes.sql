CREATE SEQUENCE "public"."order_changes" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
DROP INDEX "orders_by_change";--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "change" bigint DEFAULT nextval('order_changes') NOT NULL;--> statement-breakpoint
CREATE INDEX "orders_by_change" ON "orders" USING btree ("partition","change");