import { readFileSync } from 'node:fs';
import { checkUploadSide, parseUploadSide } from '../../src/cloud/description/parse-upload-side.ts';
import type { UploadSide } from '../../src/cloud/description/upload-side.ts';
import { printable } from '../../src/core/printable.ts';

export const exampleUploadSideFile = 'config/upload-side.example.yaml';

/** The example description as it is shipped. */
export const exampleUploadSide = readFileSync(new URL(`../../${exampleUploadSideFile}`, import.meta.url), 'utf8');

/** What a description needs at least, and beside it whatever a test says; `more` may replace any of it. */
export function uploadSideText(more: Readonly<Record<string, unknown>> = {}): string {
  const minimal = {
    region: 'eu-central-1',
    timezone: 'Europe/Berlin',
    inbox: 'example-inbox',
    vault: 'example-vault',
    servers: [{ name: 'web1' }],
  };
  // JSON is YAML.
  return JSON.stringify({ ...minimal, ...more });
}

export function uploadSideOf(more: Readonly<Record<string, unknown>> = {}): UploadSide {
  return parseUploadSide({ text: uploadSideText(more), file: 'upload-side.yaml' });
}

/** Mistakes as `path: message`. */
export function mistakesOf(text: string): readonly string[] {
  const check = checkUploadSide({ text, file: 'upload-side.yaml' });
  return check.ok ? [] : check.mistakes.map(({ path, message }) => printable(`${path}: ${message}`));
}
