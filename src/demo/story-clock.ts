import type { Clock } from '../core/clock.ts';

/** The clock of the demo's cloud: the machine's, except while the story tells of earlier days. */
export class StoryClock implements Clock {
  #offsetMs = 0;

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Does `work` as if it were `atMs` (milliseconds since 1970 UTC) now. */
  async at<T>(atMs: number, work: () => Promise<T>): Promise<T> {
    this.#offsetMs = atMs - Date.now();
    try {
      return await work();
    } finally {
      this.#offsetMs = 0;
    }
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('nothing in the demo waits by this clock'));
  }
}
