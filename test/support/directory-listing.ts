import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every name below `directory`, with what a write would change: of files their kind, permissions, size and time, of links their target, of
 * folders that they exist. Two listings are equal when nothing was made, removed or written in between.
 *
 * @param leaveOut paths that are not looked into
 */
export function directoryListing(directory: string, leaveOut: readonly string[] = []): string[] {
  const lines: string[] = [];
  const walk = (path: string): void => {
    if (leaveOut.includes(path)) return;
    const facts = lstatSync(path);
    if (facts.isSymbolicLink()) lines.push(`${path} -> ${readlinkSync(path)}`);
    else if (facts.isDirectory()) {
      lines.push(`${path}/ ${facts.mode.toString(8)}`);
      for (const name of readdirSync(path).sort()) walk(join(path, name));
    } else lines.push(`${path} ${facts.mode.toString(8)} ${facts.size} ${facts.mtimeMs}`);
  };
  walk(directory);
  return lines;
}
