CREATE TABLE "process_tasks" (
	"process" text NOT NULL,
	"key" text NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"leased_until" timestamp with time zone,
	"waiting_for" text,
	"failure" text,
	"paused" boolean DEFAULT false NOT NULL,
	"stuck_reason" text,
	"stuck_at" timestamp with time zone,
	CONSTRAINT "process_tasks_process_key_pk" PRIMARY KEY("process","key")
);
--> statement-breakpoint
CREATE INDEX "process_tasks_due" ON "process_tasks" USING btree ("process","due_at") WHERE not paused and stuck_reason is null;--> statement-breakpoint
CREATE INDEX "process_tasks_stuck" ON "process_tasks" USING btree ("process","stuck_at") WHERE stuck_reason is not null;--> statement-breakpoint
-- Programs of the former code go on putting payments' tasks into payment_tasks while this version is rolled out. Each is
-- written on to process_tasks, where programs of the new code take it up, and none is left behind.
CREATE FUNCTION "pass_on_payment_task"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO process_tasks AS kept (process, key) VALUES ('payments', NEW.order_id)
  ON CONFLICT (process, key) DO UPDATE SET due_at = now(), revision = kept.revision + 1, attempts = 0;
  PERFORM pg_notify('millrace_process_tasks', '');
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "payment_tasks_pass_on" BEFORE INSERT ON "payment_tasks"
  FOR EACH ROW EXECUTE FUNCTION "pass_on_payment_task"();--> statement-breakpoint
WITH "moved" AS (DELETE FROM "payment_tasks" RETURNING *)
INSERT INTO "process_tasks" ("process", "key", "due_at", "revision", "attempts")
SELECT 'payments', "order_id", "due_at", "revision", "attempts" FROM "moved";
