import type { Finding } from '../../core/config/mistake.ts';
import { compileMatch } from '../../core/match-pattern.ts';
import { matchKey } from '../../core/series-match.ts';
import { formatBytes } from '../../core/size.ts';
import { hasOpenName } from './maximum-monthly-cost.ts';
import { ruleShape as shapeOf, shapesOverlap, wildcardShape } from './name-overlap.ts';
import type { RuleOutline, ServerOutline } from './outline.ts';
import { tokensOf } from './upload-names.ts';

/** Rules of one server that contradict themselves, each other, or what the server may upload. */
export function ruleChecks(server: ServerOutline, index: number): Finding[] {
  return server.rules.flatMap((rule, ruleIndex) => {
    const place = ['servers', index, 'promote', ruleIndex];
    const at = (setting: string, message: string | null): Finding[] =>
      message === null ? [] : [{ path: [...place, setting], at: 'value', message }];
    const earlier = server.rules.slice(0, ruleIndex);
    return [
      ...at('maxSize', wrongSizes(rule)),
      ...at('becomes', wrongTokens(rule) ?? takenName(rule, earlier)),
      ...at('upload', neverReached(rule, earlier) ?? notAllowedToUpload(rule, server)),
    ];
  });
}

function wrongSizes({ minSize, maxSize }: RuleOutline): string | null {
  if (minSize === null || maxSize === null || minSize <= maxSize) return null;
  return `is ${formatBytes(maxSize)}, below minSize (${formatBytes(minSize)}): nothing would ever be promoted`;
}

/** What the server chooses must be found in both names: else two uploads become one archive, or an archive has a name that nobody chose. */
function wrongTokens({ upload, becomes }: RuleOutline): string | null {
  if (upload === null || becomes === null) return null;
  const chosen = tokensOf(upload);
  const used = tokensOf(becomes).filter((token) => token !== '{date}' && token !== '{hour}');
  const unknown = used.find((token) => !chosen.includes(token));
  if (unknown !== undefined) return `has ${unknown}, which \`upload\` ("${upload}") has not`;
  const lost = chosen.find((token) => !used.includes(token));
  if (lost === undefined) return null;
  return `lacks ${lost}: uploads that differ only in it would become one archive, and only the first would be kept`;
}

/** Two uploads must never compete for a name: the one that comes first takes it, and the attacker can be first. */
function takenName({ becomes }: RuleOutline, earlier: readonly RuleOutline[]): string | null {
  if (becomes === null) return null;
  const rival = earlier.find(
    (other) => other.becomes !== null && shapesOverlap(shapeOf(becomes), shapeOf(other.becomes)),
  );
  if (rival === undefined) return null;
  const where = `promote[${earlier.indexOf(rival)}]`;
  if (rival.becomes === becomes) return `is what ${where} makes, too: only the first upload of both would be kept`;
  const why =
    hasOpenName(becomes) || hasOpenName(rival.becomes ?? '')
      ? 'a hacked server could take its names in advance'
      : 'only the first would be kept';
  return `can be the same name as "${rival.becomes}" (${where}): ${why}; add a word of its own`;
}

function neverReached({ upload }: RuleOutline, earlier: readonly RuleOutline[]): string | null {
  if (upload === null) return null;
  const first = earlier.findIndex((other) => other.upload !== null && takesAll(other.upload, upload));
  return first === -1
    ? null
    : `never decides: promote[${first}] ("${earlier[first]?.upload}") fits the same uploads and comes first`;
}

function takesAll(earlier: string, later: string): boolean {
  if (earlier === later) return true;
  const pattern = compileMatch(earlier);
  return tokensOf(later).length === 0 && pattern.ok && matchKey(pattern.value, later) !== null;
}

function notAllowedToUpload({ upload }: RuleOutline, { names }: ServerOutline): string | null {
  if (upload === null || names.length === 0) return null;
  if (names.some((name) => shapesOverlap(shapeOf(upload), wildcardShape(name)))) return null;
  return `"${upload}" is not among \`names\` (${names.join(', ')}): the server could not upload it`;
}
