import { basename } from 'node:path';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { printableName } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import { formatLocal } from '../core/zoned-time.ts';
import { dropQuarantined, notInQuarantine } from '../store/drop-quarantined.ts';
import { openStoreForWriting } from '../store/open-store.ts';
import { DATA_SUFFIX, listQuarantine, type QuarantineEntry } from '../store/quarantine.ts';
import { REASON_SUFFIX } from '../store/quarantine-reason.ts';
import type { CommandContext } from './command-context.ts';
import { loadConfig, readState, withReadableStore } from './open-mirror.ts';

/** `resolve --quarantine`: lists and explains what failed verification, or removes some of it by name. */
export async function resolveQuarantine(
  names: readonly string[],
  drop: boolean,
  context: CommandContext,
): Promise<ExitStatus> {
  const wanted = names.map(nameOf);
  if (!drop) return explain(wanted, context);
  if (wanted.length === 0) {
    throw new AppError('USAGE', 'what is to be removed from quarantine?', {
      hint: 'Name it, as `pullmirror resolve --quarantine` shows it.',
    });
  }
  const { configFile, clock, out } = context;
  const config = loadConfig(configFile);
  const expectedStoreId = readState(config).state.storeId;
  const opened = openStoreForWriting({ path: config.store.path, expectedStoreId, nowMs: clock.now() });
  try {
    const dropped = await dropQuarantined({ ...opened, clock }, wanted);
    out.document(documentOf(dropped, 'removed'));
    for (const { name } of dropped) out.line(`${name}: removed from quarantine`);
    return EXIT.done;
  } finally {
    opened.close();
  }
}

/** People copy the name of the file, or its whole path. */
function nameOf(text: string): string {
  const name = basename(text);
  const suffix = [DATA_SUFFIX, REASON_SUFFIX].find((one) => name.endsWith(one)) ?? '';
  return name.slice(0, name.length - suffix.length);
}

async function explain(names: readonly string[], { configFile, out }: CommandContext): Promise<ExitStatus> {
  const config = loadConfig(configFile);
  return withReadableStore(config, async ({ store }) => {
    const entries = await listQuarantine(store.quarantineDir);
    const unknown = names.find((name) => !entries.some((entry) => entry.name === name));
    if (unknown !== undefined) throw notInQuarantine(unknown);
    const shown = names.length === 0 ? entries : entries.filter(({ name }) => names.includes(name));
    out.document(documentOf(shown, 'kept'));
    for (const entry of shown) {
      for (const line of entryLines(entry, config.timezone)) out.line(line);
    }
    if (shown.length === 0) out.line('Quarantine is empty.');
    else {
      out.line();
      out.line(
        `In ${store.quarantineDir}: <name>${DATA_SUFFIX} is the file, <name>${REASON_SUFFIX} says what is wrong.`,
      );
      out.line('  next: when you have looked: `pullmirror resolve --quarantine NAME --drop`');
    }
    return EXIT.done;
  });
}

function entryLines({ name, origin, dataPath, sizeBytes, reason }: QuarantineEntry, timezone: string): string[] {
  const size = dataPath === null ? 'only the reason is left' : formatBytes(sizeBytes);
  const from = origin === 'store' ? 'lay in the place of an archive' : 'was downloaded';
  if (reason === null) return [`${name} (${size}): ${from}; why it is here cannot be read any more`];
  const what = `${reason.vault}/${printableName(reason.key)}`;
  const time = formatLocal(Date.parse(reason.at), timezone);
  const lines = [`${name} (${size})`, `  ${what}: ${from}; ${time}: ${reason.why}`];
  if (reason.sha256 !== null) lines.push(`  its SHA-256: ${reason.sha256}`);
  return lines;
}

/** Beside archives, which this command leaves alone. */
function documentOf(entries: readonly QuarantineEntry[], state: 'kept' | 'removed') {
  return {
    v: 1,
    resolvedCount: 0,
    resolved: [],
    openCount: 0,
    open: [],
    quarantine: entries.map((entry) => entryJson(entry, state)),
  };
}

function entryJson({ name, origin, dataPath, sizeBytes, reason }: QuarantineEntry, state: 'kept' | 'removed') {
  return {
    name,
    state,
    origin,
    sizeBytes: dataPath === null ? null : sizeBytes,
    vault: reason?.vault ?? null,
    key: reason?.key ?? null,
    at: reason?.at ?? null,
    why: reason?.why ?? null,
    expected: reason?.expected ?? null,
    actual: reason?.actual ?? null,
    sha256: reason?.sha256 ?? null,
  };
}
