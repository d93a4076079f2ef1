-- What the index has not summarized is read whole by every look by position: on a table that only grows, a fifth of it
-- before the next vacuum.
alter index events_position_brin set (autosummarize = true);--> statement-breakpoint
select brin_summarize_new_values('events_position_brin');
