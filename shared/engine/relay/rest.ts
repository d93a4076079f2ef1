/** A rest that can be ended: what ends it during the work before is not lost. */
export interface Rest {
  /** Until `end`, or so many ms. */
  take(ms: number): Promise<void>;
  end(): void;
}

export function createRest(): Rest {
  let isEnded = false;
  let wake: (() => void) | undefined;
  return {
    async take(ms) {
      if (!isEnded) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isEnded = false;
      wake = undefined;
    },
    end() {
      isEnded = true;
      wake?.();
    },
  };
}
