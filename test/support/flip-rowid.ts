import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * Flips one bit of a catalog's file: of the number of a row in the middle of the first leaf page of a table. Reading, writing and VACUUM go on as if nothing
 * were; SQLite's check says "out of order". The table's numbers must be below 64 there. https://www.sqlite.org/fileformat2.html#b_tree_pages
 */
export function flipRowid(path: string, table: string): void {
  const db = new Database(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const root = db
    .prepare<[string], { rootpage: number }>('SELECT rootpage FROM sqlite_master WHERE name = ?')
    .get(table);
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const file = readFileSync(path);
  let page = ((root?.rootpage ?? 0) - 1) * pageBytes;
  while (file[page] === 5) page = (file.readUInt32BE(page + file.readUInt16BE(page + 12)) - 1) * pageBytes;
  const cells = file.readUInt16BE(page + 3);
  let at = page + file.readUInt16BE(page + 8 + 2 * Math.floor(cells / 2));
  while ((file[at] ?? 0) & 0x80) at += 1;
  file[at + 1] = (file[at + 1] ?? 0) ^ 0x40;
  writeFileSync(path, file);
}
