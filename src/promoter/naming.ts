import { MINUTE_MS } from '../core/duration.ts';
import type { PromoterServer, PromoterSettings, PromotionRule } from '../core/promoter-settings.ts';
import { isRepeatedHour, localFieldsAt } from '../core/zoned-time.ts';
import { type CompiledRule, compileRule } from './compile-rule.ts';
import { type NamePattern, type NameWords, timeWords } from './name-pattern.ts';

/** An upload for which there is a rule. */
export interface NamedUpload {
  readonly server: PromoterServer;
  readonly rule: PromotionRule;
  /** Its key in the vault if it was finished at this time; null when that key would read as one of another period (see `createNaming`). */
  keyAt(epochMs: number): string | null;
  /** Every key that it could have had at some time from `fromMs` to `toMs`, both included; in the order of time, each once. */
  keysBetween(fromMs: number, toMs: number): readonly string[];
}

export interface Naming {
  /** The rule for a key of the inbox: of the server whose prefix it has, the first that fits; null when there is none. */
  find(key: string): NamedUpload | null;
}

interface CompiledServer {
  readonly server: PromoterServer;
  readonly rules: readonly CompiledRule[];
}

/** Names change at whole local hours and when the clock is moved; both have fallen on quarters of an hour, everywhere, since 2011. */
const STEP_MS = 15 * MINUTE_MS;
const NO_COMPONENT = ['', '.', '..'];

/**
 * The names of the vault: made of the rule, of the clock, and of the uploader's own words only where the rule says {name} or {part}. Those
 * words must not be able to forge a time: a key that any rule of the server would read as another date or hour than the true one is not
 * given to anybody; nor is one with a component that some programs take for a path (`..`). Throws a RangeError for settings that cannot
 * be obeyed; the description's check refuses them before.
 */
export function createNaming({ servers, timezone }: PromoterSettings): Naming {
  for (const { prefix, name } of servers) {
    const other = servers.find((candidate) => candidate.name !== name && candidate.prefix.startsWith(prefix));
    if (other !== undefined) throw new RangeError(`the folder of server ${other.name} lies in that of ${name}`);
  }
  const compiled = servers.map(
    (server): CompiledServer => ({ server, rules: server.rules.map((rule) => compileRule(server, rule)) }),
  );
  return {
    find(key) {
      const own = compiled.find(({ server }) => key.startsWith(server.prefix));
      if (own === undefined) return null;
      const below = key.slice(own.server.prefix.length);
      if (!isPlain(below)) return null;
      for (const compiledRule of own.rules) {
        const found = compiledRule.upload.read(below);
        if (found !== null) return nameUpload(own, compiledRule, found, timezone);
      }
      return null;
    },
  };
}

function nameUpload(
  { server, rules }: CompiledServer,
  own: CompiledRule,
  words: NameWords,
  timezone: string,
): NamedUpload {
  const keyAt = (epochMs: number): string | null => {
    const time = timeWords(localFieldsAt(epochMs, timezone), isRepeatedHour(epochMs, timezone));
    const below = own.becomes.write({ ...words, ...time });
    if (!isPlain(below) || rules.some(({ becomes }) => readsAsAnother(becomes, below, time))) return null;
    return server.prefix + below;
  };
  return {
    server,
    rule: own.rule,
    keyAt,
    keysBetween(fromMs, toMs) {
      const keys = new Set<string | null>([keyAt(fromMs)]);
      for (let at = Math.floor(fromMs / STEP_MS + 1) * STEP_MS; at < toMs; at += STEP_MS) keys.add(keyAt(at));
      keys.add(keyAt(Math.max(fromMs, toMs)));
      return [...keys].filter((key) => key !== null);
    },
  };
}

function readsAsAnother(becomes: NamePattern, below: string, { date, hour }: NameWords): boolean {
  const read = becomes.read(below);
  return read !== null && (read.date !== date || (read.hour ?? hour) !== hour);
}

function isPlain(path: string): boolean {
  return !path.split('/').some((component) => NO_COMPONENT.includes(component));
}
