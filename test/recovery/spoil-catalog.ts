import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Seeded } from '../support/seeded.ts';

const PAGE_BYTES = 4096;

/** Damages a database, or its -wal, at random places, as a failing card or a careless hand does. Answers what it did. */
export function spoilCatalog(path: string, random: Seeded): string {
  const wal = `${path}-wal`;
  const file = existsSync(wal) && readFileSync(wal).length > 0 && random.chance(0.4) ? wal : path;
  const words = random.pick(WAYS)(file, random);
  return `${file === wal ? 'the -wal' : 'the database'}: ${words}`;
}

type Way = (file: string, random: Seeded) => string;

const WAYS: readonly Way[] = [
  (file, random) => {
    const bytes = readFileSync(file);
    const flips = random.int(1, 40);
    for (let n = 0; n < flips; n += 1) flip(bytes, random.int(0, bytes.length - 1), random);
    writeFileSync(file, bytes);
    return `${flips} bits flipped`;
  },
  (file, random) => {
    const bytes = readFileSync(file);
    // The header of SQLite's format and the first page's own.
    const at = random.int(0, Math.min(bytes.length, 120) - 1);
    flip(bytes, at, random);
    writeFileSync(file, bytes);
    return `a bit of its byte ${at} flipped`;
  },
  (file, random) => {
    const bytes = readFileSync(file);
    const pages = Math.max(1, Math.floor(bytes.length / PAGE_BYTES));
    const page = random.int(0, pages - 1);
    bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(file, bytes);
    return `page ${page} of ${pages} zeroed`;
  },
  (file, random) => {
    const bytes = readFileSync(file);
    const pages = Math.max(1, Math.floor(bytes.length / PAGE_BYTES));
    const [from, to] = [random.int(0, pages - 1), random.int(0, pages - 1)];
    bytes.copy(bytes, to * PAGE_BYTES, from * PAGE_BYTES, (from + 1) * PAGE_BYTES);
    writeFileSync(file, bytes);
    return `page ${from} written over page ${to}`;
  },
  (file, random) => {
    const size = random.int(0, readFileSync(file).length);
    truncateSync(file, size);
    return `cut to ${size} bytes`;
  },
  (file) => {
    rmSync(file);
    return 'removed';
  },
];

function flip(bytes: Buffer, at: number, random: Seeded): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
}
