import { closest, distance } from 'fastest-levenshtein';
import type { JsonSchema } from './json-schema-of.ts';
import { formatPath, type KeyPath } from './mistake.ts';

/** Names under which people write a secret itself, letters only. */
const SECRET_KEYS =
  /^(aws)?(access|secret)(key|accesskey)?(id)?$|^(aws)?(session|security)token$|^(secret|pass(word|wd|phrase)?|token|apikey|privatekey|key)$/;

/** True for a name such as `secret_access_key` or `password`, whose value would be a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEYS.test(plain(key));
}

/** Every setting that a file may have, as paths without list positions: `['vaults', 'bucket']`. */
export function settingsOf(file: JsonSchema): readonly (readonly string[])[] {
  return settingsBelow(file, []);
}

/** What to say about a setting that nobody knows: the nearest known one at its place, and where one of that very name belongs. */
export function unknownKeyWords(path: KeyPath, file: JsonSchema): string {
  const key = String(path.at(-1) ?? '');
  const names = path.filter((step) => typeof step === 'string');
  const known = namesAt(names.slice(0, -1), file);
  const elsewhere = settingsOf(file).find((setting) => plain(setting.at(-1) ?? '') === plain(key));
  const nearest = nearestOf(key, known);
  if (elsewhere !== undefined && distance(plain(key), plain(nearest)) > 1) {
    return `unknown key; it is known as ${formatPath(elsewhere)}${nearest === '' ? '' : `; the nearest known here is "${nearest}"`}`;
  }
  return nearest === '' ? 'unknown key' : `unknown key; the nearest known one is "${nearest}"`;
}

function nearestOf(key: string, known: readonly string[]): string {
  // min_free and MinFree mean minFree, and statsu means status, however many characters that changes.
  const same = known.find((name) => plain(name) === plain(key)) ?? known.find((name) => letters(name) === letters(key));
  return same ?? (known.length === 0 ? '' : closest(key, known));
}

function letters(key: string): string {
  return [...plain(key)].sort().join('');
}

function namesAt(names: readonly string[], file: JsonSchema): readonly string[] {
  let schema = file;
  for (const name of names) schema = groupOf(schema).properties?.[name] ?? {};
  return Object.keys(groupOf(schema).properties ?? {});
}

function settingsBelow(schema: JsonSchema, path: readonly string[]): readonly (readonly string[])[] {
  const properties = Object.entries(groupOf(schema).properties ?? {});
  return properties.flatMap(([name, below]) => [[...path, name], ...settingsBelow(below, [...path, name])]);
}

/** The schema with the properties: of a list its items, of a setting with a short form the long one. */
function groupOf(schema: JsonSchema): JsonSchema {
  if (schema.items !== undefined) return groupOf(schema.items);
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
}

function plain(key: string): string {
  return key.replace(/[^A-Za-z]/g, '').toLowerCase();
}
