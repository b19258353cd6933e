import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { GenuineBackup, GenuineUpload } from './genuine-uploads.ts';
import { keptTimes } from './owner-rules.ts';
import type { VaultObject } from './simulated-vault.ts';
import { MINUTE_MS, type WorldPlan } from './world-plan.ts';

const VAULT = 'web';
/** Two clocks that are trusted may lie so far apart, when a removal is announced and when it is done. */
const CLOCKS_APART_MS = 30 * MINUTE_MS;

const ROWS = `SELECT id, key, version_id, etag, size_bytes, last_modified, series, state, path, sha256, damaged_at, suspect, announced_at
  FROM archives WHERE state IN ('stored', 'removing', 'unwanted')`;

interface Row {
  id: number;
  key: string;
  version_id: string | null;
  etag: string;
  size_bytes: number;
  last_modified: number;
  series: string | null;
  state: string;
  path: string | null;
  sha256: string | null;
  damaged_at: number | null;
  suspect: string | null;
  announced_at: number | null;
}

interface FreezeRow {
  id: number;
  series: string;
  through_id: number;
}

/** What the witness saw of the catalog at one moment. */
interface Sight {
  readonly stored: ReadonlyMap<number, Row>;
  readonly pinned: ReadonlySet<number>;
  readonly freezes: readonly FreezeRow[];
}

/** What the prune in between was allowed to do. */
export interface Permission {
  /** Was the Pi's clock right, and did S3 tell the time? */
  readonly clockIsTrusted: boolean;
  /** Is it a prune at all? Nothing else removes. */
  readonly mayRemove: boolean;
}

/**
 * Looks at the catalog and the disk from outside, with SQL and file names of its own, knows who uploaded what, and says what must not have
 * happened. It shares no code with the keep rules.
 */
export class Witness {
  readonly #plan: WorldPlan;
  readonly #storeDir: string;
  readonly #backups: ReadonlyMap<string, readonly GenuineBackup[]>;
  readonly #genuine = new Map<string, GenuineUpload>();
  /** Since when (true time) the removal of a row has been announced without a break. */
  readonly #announcedSinceMs = new Map<number, number>();
  #before: Sight | null = null;
  /** What the owner's rules keep at `#keptAtMs`, by series. */
  readonly #kept = new Map<string, ReadonlySet<number>>();
  #keptAtMs = Number.NaN;
  removed = 0;
  removedGenuine = 0;

  constructor(plan: WorldPlan, storeDir: string, uploads: readonly GenuineUpload[]) {
    this.#plan = plan;
    this.#storeDir = storeDir;
    const backups = new Map<string, Set<GenuineBackup>>();
    for (const { series, backup } of uploads) {
      const known = backups.get(series.name) ?? new Set();
      backups.set(series.name, known.add(backup));
    }
    this.#backups = new Map([...backups].map(([name, set]) => [name, [...set]]));
  }

  genuineArrived(upload: GenuineUpload, object: VaultObject): void {
    this.#genuine.set(identityOf(object.key, object.versionId, object.etag, object.sizeBytes), upload);
  }

  /** Numbers of what is on the disk, as last seen. */
  storedIds(): readonly number[] {
    return [...(this.#before?.stored.keys() ?? [])];
  }

  /** Compares with what was seen last. Returns what is wrong, in words. */
  look(nowMs: number, permission: Permission): string[] {
    const wrong: string[] = [];
    const db = new Database(join(this.#storeDir, '.pullmirror', 'catalog.db'), { readonly: true });
    try {
      const rows = db.prepare(ROWS).all() as Row[];
      const stored = new Map(rows.filter(({ state }) => state === 'stored').map((row) => [row.id, row]));
      const pins = db.prepare('SELECT archive_id AS id FROM pins').all() as { id: number }[];
      const open = 'SELECT id, series, through_id FROM freezes WHERE ended_at IS NULL';
      const freezes = db.prepare(open).all() as FreezeRow[];
      const now: Sight = { stored, pinned: new Set(pins.map(({ id }) => id)), freezes };
      for (const row of rows) {
        if (row.state === 'removing') wrong.push(`${row.key} was left half removed`);
        if (row.state === 'unwanted' && this.#ownerWouldKeep(row, nowMs) === true)
          wrong.push(`${row.key} is not wanted, although the owner's rules keep it`);
      }
      if (this.#before !== null) this.#checkRemovals(this.#before, now, nowMs, permission, wrong);
      this.#followAnnouncements(now, nowMs);
      this.#before = now;
    } finally {
      db.close();
    }
    return wrong;
  }

  /** Every file has its row, every row its file, with the bytes that were verified; SHA256SUMS says the same. */
  checkDisk(): string[] {
    const wrong: string[] = [];
    const folder = join(this.#storeDir, VAULT);
    const files = existsSync(folder) ? filesBelow(folder, '') : [];
    const stored = [...(this.#before?.stored.values() ?? [])];
    const byPath = new Map(stored.map((row) => [row.path, row]));
    for (const path of files) {
      if (path !== 'SHA256SUMS' && !byPath.has(path)) wrong.push(`the file ${path} has no row`);
    }
    const sums = existsSync(join(folder, 'SHA256SUMS')) ? readFileSync(join(folder, 'SHA256SUMS'), 'utf8') : '';
    const lines = new Set(sums.split('\n').filter((line) => line !== ''));
    if (lines.size !== stored.length) wrong.push(`SHA256SUMS has ${lines.size} lines for ${stored.length} archives`);
    for (const { path, sha256, size_bytes } of stored) {
      const file = join(folder, path ?? '');
      if (!existsSync(file)) wrong.push(`the row of ${path} has no file`);
      else if (statSync(file).size !== size_bytes || sha256Of(file) !== sha256) wrong.push(`${path} has other bytes`);
      if (!lines.has(`${sha256}  ${path}`)) wrong.push(`SHA256SUMS lacks ${path}`);
    }
    return wrong;
  }

  #checkRemovals(before: Sight, now: Sight, nowMs: number, permission: Permission, wrong: string[]): void {
    const removed = [...before.stored.values()].filter(({ id }) => !now.stored.has(id));
    this.removed += removed.length;
    if (removed.length > 0 && !permission.mayRemove) wrong.push(`${removed.length} archives vanished without a prune`);
    if (removed.length > 0 && !permission.clockIsTrusted)
      wrong.push(`${removed.length} archives were removed while the clock was in doubt`);
    const newestNow = newestTimes(now);
    for (const [series, timeMs] of newestTimes(before)) {
      if ((newestNow.get(series) ?? 0) < timeMs) wrong.push(`the newest archive of ${series} is removed`);
    }
    const stillFrozen = before.freezes.filter(({ id }) => now.freezes.some((freeze) => freeze.id === id));
    for (const row of removed) {
      const announcedMs = this.#announcedSinceMs.get(row.id);
      if (announcedMs === undefined || nowMs - announcedMs < this.#plan.announceMs - CLOCKS_APART_MS)
        wrong.push(`${row.key} was removed too soon after it was announced`);
      if (before.pinned.has(row.id) && now.pinned.has(row.id)) wrong.push(`${row.key} was pinned and is removed`);
      if (stillFrozen.some(({ series, through_id }) => series === row.series && row.id <= through_id))
        wrong.push(`${row.key} was frozen and is removed`);
      if (this.#genuine.has(identityOfRow(row))) this.removedGenuine += 1;
      if (this.#ownerWouldKeep(row, nowMs) === true)
        wrong.push(`${row.key} of ${time(row.last_modified)} is removed, and without the attacker it would be kept`);
    }
  }

  /**
   * Would the owner's rules keep this archive now, had there been no attacker? null: it is none that anything was promised for: the attacker's
   * own, or what his server uploaded when it was his already, or of a series without expectEvery.
   */
  #ownerWouldKeep(row: Row, nowMs: number): boolean | null {
    const upload = this.#genuine.get(identityOfRow(row));
    if (upload === undefined || row.damaged_at !== null) return null;
    const { series, backup } = upload;
    const { timezone, attack, passEveryMs } = this.#plan;
    // Against listings that lie only what was known before has a promise.
    const takeoverMs = this.#plan.takeoverMs - (attack.lies > 0 ? 2 * passEveryMs : 0);
    const isHis =
      series.server === 'web1' && (backup.timeMs >= takeoverMs || (!series.isExpected && nowMs >= takeoverMs));
    if (isHis) return null;
    if (this.#keptAtMs !== nowMs) this.#kept.clear();
    this.#keptAtMs = nowMs;
    let kept = this.#kept.get(series.name);
    if (kept === undefined) {
      const history = (this.#backups.get(series.name) ?? []).filter(({ timeMs }) => timeMs <= nowMs);
      kept = keptTimes(
        history.map(({ timeMs }) => timeMs),
        series.rules,
        timezone,
      );
      this.#kept.set(series.name, kept);
    }
    return kept.has(backup.timeMs);
  }

  #followAnnouncements(now: Sight, nowMs: number): void {
    for (const { id, announced_at } of now.stored.values()) {
      if (announced_at === null) this.#announcedSinceMs.delete(id);
      else if (!this.#announcedSinceMs.has(id)) this.#announcedSinceMs.set(id, nowMs);
    }
  }
}

/** LastModified of the newest good archive of each series. */
function newestTimes({ stored }: Sight): Map<string | null, number> {
  const newest = new Map<string | null, number>();
  for (const { series, last_modified, damaged_at, suspect } of stored.values()) {
    if (damaged_at !== null || suspect !== null) continue;
    newest.set(series, Math.max(newest.get(series) ?? 0, last_modified));
  }
  return newest;
}

function identityOfRow({ key, version_id, etag, size_bytes }: Row): string {
  return identityOf(key, version_id, etag, size_bytes);
}

function identityOf(key: string, versionId: string | null, etag: string, sizeBytes: number): string {
  return JSON.stringify(versionId === null ? [key, etag, sizeBytes] : [key, versionId]);
}

function filesBelow(folder: string, relative: string): string[] {
  return readdirSync(join(folder, relative), { withFileTypes: true }).flatMap((entry) => {
    const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
}

function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function time(atMs: number): string {
  return new Date(atMs).toISOString();
}
