// Progress on standard error: one line that is written over on a terminal, a line now and then elsewhere.
import { count, duration, paceOf } from "@millrace/platform/quantities";

export interface ProgressLine {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

const TERMINAL_EVERY_MS = 100;
const LOG_EVERY_MS = 5_000;

export interface ProgressShown {
  show(progress: ProgressLine): void;
  /** Ends the line, so that output begins on the next. */
  end(): void;
}

export function showProgress(terminal = process.stderr.isTTY === true): ProgressShown {
  let phase = "";
  let phaseAt = 0;
  let doneBefore = 0;
  let shownAt = 0;
  return {
    show(progress) {
      const now = performance.now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        phaseAt = now;
        doneBefore = progress.done;
        shownAt = 0;
      }
      const isDue = now - shownAt >= (terminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS);
      if (!isDue && progress.done < progress.total) return;
      shownAt = now;
      const line = progressText(progress, { done: progress.done - doneBefore, milliseconds: now - phaseAt });
      process.stderr.write(terminal ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    end() {
      if (terminal && phase) process.stderr.write("\n");
    },
  };
}

export function progressText(progress: ProgressLine, since: { done: number; milliseconds: number }): string {
  const { phase, done, total, unit } = progress;
  const { percent, perSecond, leftMs } = paceOf(progress, since);
  const parts = [`${phase}  ${count(done)} of ${count(total)} ${unit}`];
  if (percent !== undefined) parts.push(`${percent} %`);
  if (perSecond > 0) parts.push(`${count(perSecond)} a second`);
  if (leftMs !== undefined) parts.push(`${duration(leftMs)} left`);
  return parts.join("  ");
}
