import type { Catalog } from '../store/catalog/catalog.ts';

/** The owner's other commands write between two of these. */
const PER_COMMIT = 1000;

/**
 * Does the work for each of many, a thousand in one commit. Takes them one by one, so that they may be made as they are asked for: nothing of them is
 * held. Returns how many there were; for none at all there is no commit.
 */
export function inCommits<T>(catalog: Catalog, all: Iterable<T>, work: (one: T) => void): number {
  const left = all[Symbol.iterator]();
  let count = 0;
  let next = left.next();
  while (!next.done) {
    catalog.transaction(() => {
      for (let ofCommit = 0; ofCommit < PER_COMMIT && !next.done; ofCommit += 1) {
        work(next.value);
        count += 1;
        next = left.next();
      }
    });
  }
  return count;
}
