import { compileMatch, type MatchPattern, type MatchToken } from '../core/match-pattern.ts';
import type { PromoterServer, PromotionRule } from '../core/promoter-settings.ts';
import { MAX_COPY_BYTES } from './copy-plan.ts';
import { encodeSourceKey } from './vault-metadata.ts';

const WORDS: readonly MatchToken[] = ['{name}', '{part}'];
const TIMES: readonly MatchToken[] = ['{date}', '{hour}'];
/** The longest text that each token stands for. */
const TOKEN_BYTES: Readonly<Partial<Record<MatchToken, number>>> = {
  '{date}': 10,
  '{hour}': 3,
  '{name}': 100,
  '{part}': 16,
};
const MAX_KEY_BYTES = 1024;
/** S3 takes 2 KB of metadata for an object; this leaves room for a version id, a time and a SHA-256. */
const MAX_SOURCE_KEY_BYTES = 1400;

/** The two patterns of a rule, below the server's prefix. Throws a RangeError for a rule that could not be obeyed for every upload it fits. */
export function compileRule(
  server: PromoterServer,
  rule: PromotionRule,
): { upload: MatchPattern; becomes: MatchPattern } {
  const refuse = (what: string): never => {
    throw new RangeError(`server ${server.name}, rule ${rule.upload} -> ${rule.becomes}: ${what}`);
  };
  const read = (text: string): MatchPattern => {
    const pattern = compileMatch(text);
    return pattern.ok ? pattern.value : refuse(`"${text}" ${pattern.problem}`);
  };
  if (!/^(?:[^/]+\/)+$/.test(server.prefix)) refuse(`the prefix "${server.prefix}" is no folder`);
  const upload = read(rule.upload);
  const becomes = read(rule.becomes);
  const [given, wanted] = [tokensOf(upload), tokensOf(becomes)];
  if (given.some((token) => !WORDS.includes(token)))
    refuse('only {name} and {part} may stand in the name of an upload');
  if (wanted.some((token) => !WORDS.includes(token) && !TIMES.includes(token)))
    refuse('only {date}, {hour}, {name} and {part} may stand in the name of an archive');
  if (!wanted.includes('{date}')) refuse('without {date} there could be one archive ever');
  if (WORDS.some((token) => given.includes(token) !== wanted.includes(token)))
    refuse('{name} and {part} must stand in both names or in none');
  if (longest(server.prefix, becomes) > MAX_KEY_BYTES || longest(server.prefix, upload) > MAX_KEY_BYTES)
    refuse(`a key could be longer than ${MAX_KEY_BYTES} bytes`);
  if (encodeSourceKey(server.prefix + literals(upload)).length + tokenBytes(upload) > MAX_SOURCE_KEY_BYTES)
    refuse('the key of the upload is too long for the metadata of its archive');
  const { minSizeBytes, maxSizeBytes } = rule;
  const areSizes = Number.isSafeInteger(minSizeBytes) && Number.isSafeInteger(maxSizeBytes);
  if (!areSizes || minSizeBytes < 1 || maxSizeBytes < minSizeBytes || maxSizeBytes > MAX_COPY_BYTES)
    refuse(`sizes from ${minSizeBytes} to ${maxSizeBytes} bytes`);
  return { upload, becomes };
}

function tokensOf(pattern: MatchPattern): MatchToken[] {
  return pattern.elements.flatMap((element) => (element.kind === 'token' ? [element.token] : []));
}

function literals(pattern: MatchPattern): string {
  return pattern.elements.map((element) => (element.kind === 'literal' ? element.text : '')).join('');
}

function tokenBytes(pattern: MatchPattern): number {
  return tokensOf(pattern).reduce((sum, token) => sum + (TOKEN_BYTES[token] ?? 0), 0);
}

function longest(prefix: string, pattern: MatchPattern): number {
  return Buffer.byteLength(prefix + literals(pattern)) + tokenBytes(pattern);
}
