import type { PromoterServer, PromotionRule } from '../core/promoter-settings.ts';
import { MAX_COPY_BYTES } from './copy-plan.ts';
import { compileNamePattern, type NamePattern, type NameToken } from './name-pattern.ts';
import { encodeSourceKey } from './vault-metadata.ts';

export interface CompiledRule {
  readonly rule: PromotionRule;
  readonly upload: NamePattern;
  readonly becomes: NamePattern;
}

const WORDS: readonly NameToken[] = ['{name}', '{part}'];
const MAX_KEY_BYTES = 1024;
/** S3 takes 2 KB of metadata with an object; this leaves room for a version id, a time and a SHA-256. */
const MAX_SOURCE_KEY_BYTES = 1400;

/** The two patterns of a rule, below the server's prefix. Throws a RangeError where it could not be obeyed for every upload that it fits. */
export function compileRule({ name, prefix }: PromoterServer, rule: PromotionRule): CompiledRule {
  const upload = compileNamePattern(rule.upload);
  const becomes = compileNamePattern(rule.becomes);
  const sameWords = WORDS.every((token) => upload.tokens.includes(token) === becomes.tokens.includes(token));
  const onlyWords = upload.tokens.every((token) => WORDS.includes(token));
  const { minSizeBytes: min, maxSizeBytes: max } = rule;
  const areSizes = Number.isSafeInteger(min) && min >= 1 && max >= min && max <= MAX_COPY_BYTES;
  const prefixBytes = Buffer.byteLength(prefix);
  const isShort = prefixBytes + Math.max(upload.maxBytes, becomes.maxBytes) <= MAX_KEY_BYTES;
  // Percent-encoding makes three bytes of each that is not ASCII; tokens stand for ASCII.
  const sourceKeyBytes =
    encodeSourceKey(prefix + upload.literals).length - Buffer.byteLength(upload.literals) + upload.maxBytes;
  const problem = [
    [/^(?:[^/]+\/)+$/.test(prefix), `the prefix "${prefix}" is no folder`],
    [onlyWords, 'only {name} and {part} may stand in the name of an upload'],
    [becomes.tokens.includes('{date}'), 'without {date} there could be one archive ever'],
    [sameWords, '{name} and {part} must stand in both names or in none'],
    [areSizes, `no upload is of ${min} to ${max} bytes`],
    [isShort && sourceKeyBytes <= MAX_SOURCE_KEY_BYTES, 'keys could become too long for S3'],
  ].find(([isGood]) => isGood === false);
  if (problem !== undefined) throw new RangeError(`server ${name}, ${rule.upload}: ${problem[1]}`);
  return { rule, upload, becomes };
}
