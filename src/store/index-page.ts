import { join } from 'node:path';
import { formatBytes } from '../core/size.ts';
import { INDEX_NAME, INDEX_TEMPORARY_NAME } from './store-layout.ts';
import { translateFsError } from './translate-fs-error.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** More rows would make the page slow in a browser; the lists and restore.sh name everything. */
const MAX_ROWS = 5000;

export interface IndexRow {
  readonly vault: string;
  /** Below the vault's folder. */
  readonly path: string;
  /** The name in the vault. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly sha256: string;
}

export interface IndexPage {
  readonly storeId: string;
  readonly writtenAtMs: number;
  readonly totalArchives: number;
  readonly totalBytes: number;
  /** Newest first; only the first 5,000 are asked for. */
  readonly rows: Iterable<IndexRow>;
}

/** Writes `<store>/index.html` anew, atomically and in pieces. Call `assertAttached` first. Errors: STORE_*. */
export async function writeIndexPage(root: string, page: IndexPage): Promise<void> {
  const path = join(root, INDEX_NAME);
  try {
    await writeFileAtomically({
      path,
      temporaryPath: join(root, INDEX_TEMPORARY_NAME),
      mode: 0o644,
      pieces: renderIndexPage(page),
    });
  } catch (error) {
    throw translateFsError(error, `writing ${path}`);
  }
}

/** The page in pieces: one file, no script, nothing loaded from anywhere, relative links that work from file://. */
export function* renderIndexPage(page: IndexPage): Generator<string> {
  yield HEAD;
  yield `<h1>Backups on this disk</h1>\n<p>${count(page.totalArchives)}, ${formatBytes(page.totalBytes)}. `;
  yield `Written ${time(page.writtenAtMs)} by pullmirror; store ${escapeHtml(page.storeId)}.</p>\n`;
  yield '<p>How to get them back: <a href="./README.txt">README.txt</a>.</p>\n';
  if (page.totalArchives > MAX_ROWS) {
    yield `<p>The newest 5,000 are shown. <code>sh restore.sh --list</code> and the file <code>SHA256SUMS</code> of each vault name all.</p>\n`;
  }
  if (page.totalArchives > 0) yield* renderTable(page.rows);
  yield '</body>\n</html>\n';
}

function* renderTable(rows: Iterable<IndexRow>): Generator<string> {
  yield '<table>\n<thead><tr><th scope="col">Archive</th><th scope="col">Date in the vault</th>';
  yield '<th scope="col">Size</th><th scope="col">SHA-256</th></tr></thead>\n<tbody>\n';
  let shown = 0;
  for (const row of rows) {
    yield renderRow(row);
    if (++shown >= MAX_ROWS) break;
  }
  yield '</tbody>\n</table>\n';
}

function renderRow(row: IndexRow): string {
  const link = [row.vault, ...row.path.split('/')].map((part) => encodeURIComponent(part)).join('/');
  const name = `<a href="./${escapeHtml(link)}"><bdi>${escapeHtml(`${row.vault}/${row.path}`)}</bdi></a>`;
  const size = `<td class="n" title="${row.sizeBytes} bytes">${formatBytes(row.sizeBytes)}</td>`;
  const sum = `<td><code title="${escapeHtml(row.sha256)}">${escapeHtml(row.sha256.slice(0, 12))}…</code></td>`;
  return `<tr><td>${name}</td><td>${time(row.lastModifiedMs)}</td>${size}${sum}</tr>\n`;
}

function count(archives: number): string {
  return archives === 1 ? '1 archive' : `${archives.toLocaleString('en-US')} archives`;
}

/** RFC 3339 in UTC to the second; what no calendar knows is shown as a dash. */
function time(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character);
}

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backups on this disk</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; }
td:first-child { overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
</style>
</head>
<body>
`;
