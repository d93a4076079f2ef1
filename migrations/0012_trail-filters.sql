CREATE INDEX "trail_by_actor" ON "trail" USING btree ("actor","position");--> statement-breakpoint
CREATE INDEX "trail_by_act" ON "trail" USING btree ("act","position");--> statement-breakpoint
CREATE INDEX "trail_by_target" ON "trail" USING btree ("target","position");