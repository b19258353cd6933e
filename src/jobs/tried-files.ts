import { lstatSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { DAY_MS } from '../core/duration.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { damagedRow, parseJsonColumn } from '../store/catalog/require-sane.ts';

const FACT = 'repair_tried';
const AGAIN_AFTER_MS = DAY_MS;
/** A hundred thousand damaged files must not fill the memory, nor the catalog. */
export const MAX_NOTES = 5000;

const Notes = z.record(z.string(), z.object({ atMs: z.number(), state: z.string() }));
type Note = z.infer<typeof Notes>[string];

/**
 * Which files were read in vain for which damaged archive, so that not every pass reads them again: a disk that failed for a while is asked again
 * a day later, a file that became another one at once. Lives in the catalog, since passes may be processes of their own.
 */
export class TriedFiles {
  readonly #catalog: Catalog;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #notes: Map<string, Note>;
  #hasNews = false;

  /** Throws AppError CATALOG_CORRUPT. */
  constructor(catalog: Catalog, clock: Pick<Clock, 'now'>) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#notes = readNotes(catalog);
  }

  /** Was this very file read less than a day ago, and was not the archive? */
  lately(archiveId: number, file: string): boolean {
    const note = this.#notes.get(nameOf(archiveId, file));
    return note !== undefined && this.#isRecent(note) && note.state === stateOf(file);
  }

  /** It was read, and was not the archive. Kept by `save`. */
  note(archiveId: number, file: string): void {
    const state = stateOf(file);
    if (state === null) return;
    const name = nameOf(archiveId, file);
    this.#notes.delete(name);
    this.#notes.set(name, { atMs: this.#clock.now(), state });
    this.#hasNews = true;
    // The oldest comes first.
    if (this.#notes.size <= MAX_NOTES) return;
    const [oldest] = this.#notes.keys();
    if (oldest !== undefined) this.#notes.delete(oldest);
  }

  /** Writes only when something was noted. */
  save(): void {
    if (!this.#hasNews) return;
    const notes = [...this.#notes].filter(([, note]) => this.#isRecent(note)).sort(([, a], [, b]) => a.atMs - b.atMs);
    this.#catalog.setFact(FACT, JSON.stringify(Object.fromEntries(notes)));
    this.#hasNews = false;
  }

  /** A time that has not come yet (the clock was wrong) soon says nothing any more. */
  #isRecent({ atMs }: Note): boolean {
    return Math.abs(this.#clock.now() - atMs) < AGAIN_AFTER_MS;
  }
}

function nameOf(archiveId: number, file: string): string {
  return `${archiveId} ${file}`;
}

/** What changes when somebody writes or replaces the file; null where nothing can be told. */
function stateOf(file: string): string | null {
  try {
    const facts = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    return facts === undefined ? null : [facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(' ');
  } catch {
    // Whoever reads it meets the same error, and tells it.
    return null;
  }
}

function readNotes(catalog: Catalog): Map<string, Note> {
  const text = catalog.fact(FACT);
  if (text === null) return new Map();
  const where = (): string => `the fact ${FACT}`;
  const notes = Notes.safeParse(parseJsonColumn(where, text));
  if (!notes.success) throw damagedRow(where(), notes.error.message);
  return new Map(Object.entries(notes.data));
}
