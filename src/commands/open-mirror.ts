import type { Config } from '../core/config/config.ts';
import { parseConfig } from '../core/config/parse-config.ts';
import { isAppError } from '../core/errors.ts';
import { EMPTY_STATE, type MirrorState } from '../core/mirror-state.ts';
import { openStoreForReading, type ReadableStore } from '../store/open-for-reading.ts';
import { openStateFile } from '../store/state-file.ts';
import { readTextFile } from './read-text-file.ts';

/** The checked configuration of a file. Throws CONFIG_NOT_FOUND, CONFIG_INVALID. */
export function loadConfig(file: string): Config {
  const machineTimezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return parseConfig({ text: readTextFile(file), file, machineTimezone });
}

/** What this machine remembers, for commands that only look: a state directory that is missing or closed to them is an empty memory. */
export function readState(config: Config): { readonly state: MirrorState; readonly problem: string | null } {
  try {
    return openStateFile(config.stateDir);
  } catch (error) {
    if (!isAppError(error, 'STATE_UNUSABLE')) throw error;
    return { state: EMPTY_STATE, problem: null };
  }
}

/** The store that the configuration names, with its catalog, for looking only. `work` must not keep anything of it. */
export async function withReadableStore<T>(config: Config, work: (opened: ReadableStore) => Promise<T>): Promise<T> {
  const opened = openStoreForReading({ path: config.store.path, expectedStoreId: readState(config).state.storeId });
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}
