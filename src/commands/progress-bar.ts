import { formatDuration } from '../core/duration.ts';
import { formatBytes } from '../core/size.ts';
import type { ByteProgress } from '../jobs/byte-progress.ts';
import type { PassProgress } from '../jobs/pass-progress.ts';
import type { ProgressMeter } from './progress-meter.ts';

/** A long listing is told every so many objects. */
const LISTED_STEP = 20_000;
const HELD = 'held: ';
/** A pass may meet the same trouble with thousands of archives, every quarter of an hour. */
const SHOWN_OF_A_KIND = 20;

/** Shows a pass: what is listed, queued, fetched, repeated, stored. */
export function createPassProgress(meter: ProgressMeter): PassProgress & { end(): void } {
  const listed = new Map<string, number>();
  const told = new Map<string, number>();
  /** The first of a kind are told one by one, the rest counted in the end. */
  const sayOne = (kind: string, line: string): void => {
    const before = told.get(kind) ?? 0;
    told.set(kind, before + 1);
    if (before < SHOWN_OF_A_KIND) meter.say(line);
  };
  return {
    listing(vault, listedSoFar) {
      const step = Math.floor(listedSoFar / LISTED_STEP);
      if (step > (listed.get(vault) ?? 0)) meter.say(`${vault}: ${listedSoFar} objects listed`);
      listed.set(vault, step);
    },
    queued(archives, bytes) {
      if (archives === 0) return;
      meter.say(`${archives} ${archives === 1 ? 'archive' : 'archives'} to fetch, ${formatBytes(bytes)}`);
      meter.begin({ archives, bytes });
    },
    started() {},
    advanced(_archive, bytes, source) {
      meter.advance(bytes, source === 'network');
    },
    retrying(archive, why, delayMs) {
      sayOne('tried once more', `${archive.vault}/${archive.key}: ${why}; once more in ${formatDuration(delayMs)}`);
    },
    stored(archive) {
      meter.finish(`stored ${archive.vault}/${archive.key} (${formatBytes(archive.sizeBytes)})`);
    },
    repairing(archive) {
      meter.extend({ archives: 1, bytes: archive.sizeBytes });
    },
    repaired(archive) {
      meter.finish(`repaired ${archive.vault}/${archive.key} (${formatBytes(archive.sizeBytes)})`);
    },
    failed(archive, why) {
      // What is held waits for its owner; nothing went wrong with it.
      const words = why.startsWith(HELD)
        ? { verb: 'held', reason: why.slice(HELD.length) }
        : { verb: 'failed', reason: why };
      sayOne(words.verb, `${words.verb} ${archive.vault}/${archive.key}: ${words.reason}`);
    },
    end() {
      for (const [kind, count] of told) {
        if (count > SHOWN_OF_A_KIND) meter.say(`… and ${count - SHOWN_OF_A_KIND} more ${kind}`);
      }
      told.clear();
      meter.end();
    },
  };
}

/** Shows work on files that are here already. */
export function createByteProgress(meter: ProgressMeter): ByteProgress {
  return {
    begin: (total) => meter.begin(total),
    advanced: (bytes) => meter.advance(bytes),
    finished: () => meter.finish(null),
    say: (text) => meter.say(text),
    end: () => meter.end(),
  };
}
