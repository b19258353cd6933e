import type { Statement } from 'better-sqlite3';
import type { Actor, EventName } from '../../core/event-names.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { ifSane, parseJsonColumn, requireTimes } from './require-sane.ts';

export interface HistoryEvent {
  /** Who did it: 'sync', 'verify', 'owner', … */
  readonly actor: Actor;
  /** What happened, one name for each kind of fact: 'archive.stored', 'archive.gone', … */
  readonly event: EventName;
  readonly vault?: string;
  readonly key?: string;
  readonly archiveId?: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface HistoryEntry extends Record<'actor' | 'event', string> {
  readonly id: number;
  /** null: damaged. */
  readonly atMs: number | null;
  readonly vault: string | null;
  readonly key: string | null;
  readonly archiveId: number | null;
  /** Empty when it is damaged. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** What of the row is damaged, or null. No other event is lost with it, so it keeps nobody from reading them. */
  readonly unreadable: string | null;
}

export interface HistoryFilter {
  readonly vault?: string;
  /** Exact key. */
  readonly key?: string;
  /** Exact event, or a family of events ('archive' for 'archive.…'). */
  readonly event?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly actor?: string;
  /** Of the series itself, or of an archive that belongs to it now. */
  readonly series?: string;
}

/** The append-only table of events; triggers refuse anything but INSERT. */
export class HistoryTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  append(event: HistoryEvent, nowMs: number): void {
    this.#insert().run(
      nowMs,
      event.actor,
      event.event,
      event.vault ?? null,
      event.key ?? null,
      event.archiveId ?? null,
      JSON.stringify(event.detail ?? {}),
    );
  }

  /** Has this ever happened to the archive? */
  has(archiveId: number, event: string): boolean {
    const sql = 'SELECT 1 FROM history WHERE archive_id = ? AND event = ? LIMIT 1';
    return this.#db.prepare(sql).get(archiveId, event) !== undefined;
  }

  /** Newest first; `beforeId` continues an earlier answer. */
  newest(filter: HistoryFilter, limit: number, beforeId: number = Number.MAX_SAFE_INTEGER): HistoryEntry[] {
    const rows = this.#db
      .prepare<unknown[], HistoryColumns>(
        `SELECT * FROM history WHERE id < ? AND (? IS NULL OR vault = ?) AND (? IS NULL OR key = ?)
           AND (? IS NULL OR event = ? OR event GLOB ? || '.*') AND at >= ? AND at <= ?
           AND (? IS NULL OR actor = ?)
           AND (? IS NULL OR (json_valid(detail) AND detail ->> '$.series' = ?) OR archive_id IN (SELECT id FROM archives WHERE series = ?))
           ORDER BY id DESC LIMIT ?`,
      )
      .all(
        beforeId,
        filter.vault ?? null,
        filter.vault ?? null,
        filter.key ?? null,
        filter.key ?? null,
        filter.event ?? null,
        filter.event ?? null,
        filter.event ?? null,
        filter.sinceMs ?? Number.MIN_SAFE_INTEGER,
        filter.untilMs ?? Number.MAX_SAFE_INTEGER,
        ...[filter.actor ?? null, filter.actor ?? null],
        ...[filter.series ?? null, filter.series ?? null, filter.series ?? null],
        limit,
      );
    return rows.map((row) => {
      const { id, actor, event, vault, key, archive_id: archiveId } = row;
      return { id, actor, event, vault, key, archiveId, ...contentOf(row) };
    });
  }

  #statement: Statement<unknown[], unknown> | undefined;

  #insert(): Statement<unknown[], unknown> {
    this.#statement ??= this.#db.prepare<unknown[], unknown>(
      'INSERT INTO history (at, actor, event, vault, key, archive_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    return this.#statement;
  }
}

interface HistoryColumns {
  id: number;
  at: number;
  actor: string;
  event: string;
  vault: string | null;
  key: string | null;
  archive_id: number | null;
  detail: string;
}

function contentOf(row: HistoryColumns): Pick<HistoryEntry, 'atMs' | 'detail' | 'unreadable'> {
  const where = (): string => `history ${row.id}`;
  const at = ifSane(() => {
    requireTimes(where, row.at);
    return row.at;
  });
  const detail = ifSane(() => parseJsonColumn(where, row.detail));
  return { atMs: at.value, detail: detail.value ?? {}, unreadable: at.flaw ?? detail.flaw };
}
