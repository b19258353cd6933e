import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError, systemCode } from '../core/errors.ts';
import { EMPTY_STATE, formatState, type MirrorState, parseState } from '../core/mirror-state.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const STATE_NAME = 'state.json';
const STATE_TEMPORARY_NAME = 'state.json.new';

/**
 * Opens `<directory>/state.json`. No file is an empty state; so is one that cannot be read or understood, and `problem` says so: losing it costs one
 * repeated alarm, never a stop. STATE_UNUSABLE when the directory is missing.
 */
export function openStateFile(directory: string): StateFile {
  const path = join(directory, STATE_NAME);
  try {
    requireDirectory(directory);
    const text = readFileSync(path, 'utf8');
    const parsed = parseState(text);
    if (parsed.ok) return new StateFile({ directory, state: parsed.state, text, problem: null });
    return new StateFile({
      directory,
      state: EMPTY_STATE,
      text: null,
      problem: `${path} is damaged: ${parsed.problem}`,
    });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || error instanceof AppError) throw error;
    const problem = code === 'ENOENT' ? null : `${path} cannot be read: ${code}`;
    return new StateFile({ directory, state: EMPTY_STATE, text: null, problem });
  }
}

/**
 * Throws STATE_UNUSABLE unless this user can write state.json; for commands that will, before they do anything else. A missing directory is
 * made where its parent exists: more than that is a mistyped path.
 */
export function prepareStateDirectory(directory: string): void {
  if (isMissing(directory)) {
    try {
      mkdirSync(directory, { mode: 0o750 });
    } catch (error) {
      // Another pass may have been quicker.
      if (systemCode(error) !== 'EEXIST') throw systemCode(error) === undefined ? error : missing(directory, error);
    }
  }
  examineStateDirectory(directory);
}

/** As `prepareStateDirectory`, but makes nothing: 'missing' when that would be able to make it. */
export function examineStateDirectory(directory: string): 'writable' | 'missing' {
  const isToBeMade = isMissing(directory) && !isMissing(dirname(directory));
  if (!isToBeMade) requireDirectory(directory);
  try {
    accessSync(isToBeMade ? dirname(directory) : directory, constants.W_OK | constants.X_OK);
    return isToBeMade ? 'missing' : 'writable';
  } catch (error) {
    throw isToBeMade ? missing(directory, error) : unusable(directory, error);
  }
}

/** The state of this machine, in memory and on its card. */
export class StateFile {
  /** Why the file could not be used and the state began empty; null when all is well. For a warning. */
  readonly problem: string | null;
  readonly #directory: string;
  #state: MirrorState;
  /** What stands in the file, or null when that is unknown. */
  #text: string | null;
  #saving: Promise<void> = Promise.resolve();

  constructor(args: { directory: string; state: MirrorState; text: string | null; problem: string | null }) {
    this.problem = args.problem;
    this.#directory = args.directory;
    this.#state = args.state;
    this.#text = args.text;
  }

  get state(): MirrorState {
    return this.#state;
  }

  /** Takes over a new state and writes it, atomically, unless the file says it already. Calls are carried out in order. Errors: STATE_UNUSABLE. */
  save(state: MirrorState): Promise<void> {
    this.#state = state;
    const text = formatState(state);
    const saved = this.#saving.then(() => this.#write(text));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  async #write(text: string): Promise<void> {
    if (text === this.#text) return;
    try {
      await writeFileAtomically({
        path: join(this.#directory, STATE_NAME),
        temporaryPath: join(this.#directory, STATE_TEMPORARY_NAME),
        mode: 0o640,
        pieces: [text],
      });
      this.#text = text;
    } catch (error) {
      throw unusable(this.#directory, error);
    }
  }
}

function requireDirectory(directory: string): void {
  if (isMissing(directory)) throw missing(directory);
  if (!statSync(directory).isDirectory()) throw new AppError('STATE_UNUSABLE', `${directory} is not a directory`);
}

function isMissing(directory: string): boolean {
  try {
    return statSync(directory, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    throw unusable(directory, error);
  }
}

function missing(directory: string, cause?: unknown): AppError {
  return new AppError('STATE_UNUSABLE', `the state directory ${directory} does not exist`, {
    cause,
    hint: `Make it for the user that runs pullmirror: install -d -o USER ${directory}`,
  });
}

function unusable(directory: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new AppError('STATE_UNUSABLE', `the state directory ${directory} cannot be written: ${code}`, {
    cause: error,
  });
}
