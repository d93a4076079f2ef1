ALTER TABLE "orders" ADD COLUMN "stock" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "short_of" text;