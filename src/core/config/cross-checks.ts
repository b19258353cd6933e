import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { compileMatch } from '../match-pattern.ts';
import { type DailyWindow, parseDailyWindow, windowsOverlap } from './daily-window.ts';
import type { Finding } from './mistake.ts';
import { DEFAULT_STATE_DIR } from './schema.ts';

/**
 * What single values cannot show: names used twice, names of nothing, directories inside each other. Reads what of the file can be read
 * and leaves the rest to the schema, so that all mistakes come in one run.
 */
export function crossCheck(value: unknown): readonly Finding[] {
  const file = outline.parse(value);
  return [
    ...repeatedNames(file.vaults, 'vaults'),
    ...repeatedNames(file.series, 'series'),
    ...seriesWithoutVault(file),
    ...seriesThatNeverMatch(file),
    ...setsOfAllDays(file),
    ...nestedDirectories(file),
    ...badTimetable(file),
    ...openLogin(file),
  ];
}

const someText = z.string().optional().catch(undefined);
const someVault = z.object({ name: someText, prefix: someText }).catch({ name: undefined, prefix: undefined });
const someSeries = z
  .object({ name: someText, vault: someText, match: someText, versions: z.boolean().optional().catch(undefined) })
  .catch({ name: undefined, vault: undefined, match: undefined, versions: undefined });

/** The file as far as it can be read: what is missing or of another kind is undefined or empty. */
const outline = z
  .object({
    store: z.object({ path: someText }).catch({ path: undefined }),
    state: someText,
    vaults: z.array(someVault).catch([]),
    series: z.array(someSeries).catch([]),
    downloads: z.object({ timetable: z.record(z.string(), z.unknown()).catch({}) }).catch({ timetable: {} }),
    status: z.object({ listen: someText, login: someText }).catch({ listen: undefined, login: undefined }),
  })
  .catch({
    store: { path: undefined },
    state: undefined,
    vaults: [],
    series: [],
    downloads: { timetable: {} },
    status: { listen: undefined, login: undefined },
  });
type Outline = z.output<typeof outline>;

function repeatedNames(items: readonly { readonly name?: string | undefined }[], list: 'vaults' | 'series'): Finding[] {
  const findings: Finding[] = [];
  // Without case: the disk may be read where Web and web are the same folder.
  const seen = new Map<string, number>();
  items.forEach(({ name }, index) => {
    if (name === undefined) return;
    const first = seen.get(name.toLowerCase());
    if (first === undefined) seen.set(name.toLowerCase(), index);
    else
      findings.push(
        value([list, index, 'name'], `"${name}" is the name of ${list}[${first}] already (case does not count)`),
      );
  });
  return findings;
}

function seriesWithoutVault({ vaults, series }: Outline): Finding[] {
  const names = vaults.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return series.flatMap(({ vault }, index) => {
    if (vault === undefined || names.length === 0 || names.includes(vault)) return [];
    return [
      value(['series', index, 'vault'], `no vault is called "${vault}"; the nearest one is "${closest(vault, names)}"`),
    ];
  });
}

function seriesThatNeverMatch({ vaults, series }: Outline): Finding[] {
  return series.flatMap(({ vault, match }, index) => {
    const pattern = match === undefined ? undefined : compileMatch(match);
    if (vault === undefined || pattern === undefined || !pattern.ok) return [];
    const path = ['series', index, 'match'];
    const same = series.findIndex((other) => other.vault === vault && other.match === match);
    if (same < index) return [value(path, `never matches: series[${same}] has the same and comes first`)];
    const prefix = vaults.find(({ name }) => name === vault)?.prefix ?? '';
    const { literalPrefix, firstToken } = pattern.value;
    const meets = literalPrefix.startsWith(prefix) || (firstToken !== null && prefix.startsWith(literalPrefix));
    return meets
      ? []
      : [value(path, `never matches: it is the whole key, and vault "${vault}" has only keys below "${prefix}"`)];
  });
}

/** Parts that are written again under the same keys cannot be told apart by day: all of them would be one set, and nothing were ever removed. */
function setsOfAllDays({ series }: Outline): Finding[] {
  return series.flatMap(({ match, versions }, index) => {
    if (versions !== true || match === undefined || !match.includes('{part}') || match.includes('{date}')) return [];
    const message = 'with {part} and without {date}, versions of different days cannot be told apart as sets';
    return [value(['series', index, 'versions'], message)];
  });
}

function nestedDirectories({ store, state = DEFAULT_STATE_DIR }: Outline): Finding[] {
  if (store.path === undefined) return [];
  const storeDir = withSlash(store.path);
  const stateDir = withSlash(state);
  if (storeDir === stateDir) return [value(['store', 'path'], 'is the state directory too; they must be apart')];
  if (storeDir.startsWith(stateDir))
    return [value(['store', 'path'], `lies inside the state directory ${state}; they must be apart`)];
  if (stateDir.startsWith(storeDir))
    return [value(['state'], `lies inside the store ${store.path}; they must be apart`)];
  return [];
}

function badTimetable({ downloads: { timetable } }: Outline): Finding[] {
  const findings: Finding[] = [];
  const windows: DailyWindow[] = [];
  for (const text of Object.keys(timetable)) {
    const path = ['downloads', 'timetable', text];
    const window = parseDailyWindow(text);
    if (!window.ok) {
      findings.push({ path, at: 'key', message: window.problem });
      continue;
    }
    const other = windows.find((earlier) => windowsOverlap(earlier, window.value));
    if (other !== undefined)
      findings.push({ path, at: 'key', message: `overlaps ${other.text}; which of both limits is meant?` });
    windows.push(window.value);
  }
  return findings;
}

function openLogin({ status: { listen = '127.0.0.1', login } }: Outline): Finding[] {
  if (login !== 'off' || /^(127\.|localhost:|\[::1\])/.test(listen)) return [];
  return [
    value(
      ['status', 'login'],
      `off is allowed only on a loopback address such as 127.0.0.1:8420; the page listens on ${listen}`,
    ),
  ];
}

function value(path: Finding['path'], message: string): Finding {
  return { path, at: 'value', message };
}

function withSlash(path: string): string {
  return `${path.replace(/\/{2,}/g, '/').replace(/\/$/, '')}/`;
}
