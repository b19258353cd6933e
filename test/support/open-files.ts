import { readdirSync, readlinkSync } from 'node:fs';
import { systemCode } from '../../src/core/errors.ts';

/** How many times this process has a file open. */
export function timesOpen(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => nameOf(descriptor) === path).length;
}

function nameOf(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch (error) {
    // The folder was read through one that is closed by now.
    if (systemCode(error) !== 'ENOENT') throw error;
    return null;
  }
}
