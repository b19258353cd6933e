import { type Command, Option } from 'commander';
import { AppError, EXIT } from '../core/errors.ts';
import { aboutWords, whyWords } from '../core/event-words.ts';
import { formatLocal, formatUtc, parseAt } from '../core/zoned-time.ts';
import type { HistoryFilter } from '../store/catalog/history-table.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, withReadableStore } from './open-mirror.ts';
import { table } from './output.ts';
import { parseCount } from './parse-count.ts';
import { requireKnownEvents, requireKnownNames } from './require-known-names.ts';

interface HistoryOptions {
  readonly vault?: string;
  readonly key?: string;
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly series?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const MAX_LIMIT = 10_000;

export function addHistoryCommand(program: Command, run: RunCommand): void {
  program
    .command('history')
    .description('show what was done, newest first')
    .option('--vault <NAME>', 'only about this vault')
    .option('--key <KEY>', 'only about this key')
    .option('--event <NAME>', 'only this event, or family of events: archive, archive.stored')
    .option('--series <NAME>', 'only about this series and its archives')
    .option('--actor <WHO>', 'only what this one did: owner, sync, prune, verify, …')
    .option('--since <TIME>', 'not older than this: 2026-11-20, "2026-11-20 14:30"')
    .option('--until <TIME>', 'not younger than this; a bare day is meant to its end')
    .addOption(
      new Option('--limit <N>', 'no more than this many').default(50).argParser(parseCount('--limit', MAX_LIMIT)),
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror history', 'the last 50 events'],
        ['pullmirror history --event archive.damaged', 'what was found damaged'],
        ['pullmirror history --actor owner --series web1-files', 'what you decided about a series'],
        ['pullmirror history --since 2026-11-20 --json', 'for a program'],
      ),
    )
    .action((options: HistoryOptions) => run(options, (context) => history(options, context)));
}

async function history(options: HistoryOptions, { configFile, out }: CommandContext) {
  out.declareAllThereIs();
  const config = loadConfig(configFile);
  requireKnownNames(config, { vault: options.vault });
  requireKnownEvents(options);
  const filter: HistoryFilter = {
    ...(options.vault === undefined ? {} : { vault: options.vault }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.event === undefined ? {} : { event: options.event }),
    ...(options.actor === undefined ? {} : { actor: options.actor }),
    ...(options.series === undefined ? {} : { series: options.series }),
    ...(options.until === undefined ? {} : { untilMs: untilMs(options.until, config.timezone) }),
    ...(options.since === undefined ? {} : { sinceMs: sinceMs(options.since, config.timezone) }),
  };
  if (filter.sinceMs !== undefined && filter.untilMs !== undefined && filter.sinceMs > filter.untilMs) {
    throw new AppError('USAGE', `--since is later than --until: ${options.since} is not before ${options.until}`);
  }
  return withReadableStore(config, async ({ catalog }) => {
    const entries = catalog.history.newest(filter, options.limit);
    // Of a series that was renamed the events are still there.
    if (entries.length === 0) requireKnownNames(config, { series: options.series });
    out.document({
      v: 1,
      events: entries.map(({ atMs, ...entry }) => ({ at: atMs === null ? null : formatUtc(atMs), ...entry })),
    });
    const rows = entries.map(({ atMs, actor, event, vault, key, detail, unreadable }) => [
      atMs === null ? 'unknown' : formatLocal(atMs, config.timezone),
      actor,
      event,
      aboutWords({ vault, key, detail }),
      unreadable === null ? whyWords(detail, config.timezone) : `UNREADABLE: this row of ${unreadable}`,
    ]);
    if (rows.length === 0) out.line(Object.keys(filter).length === 0 ? 'Nothing happened yet.' : 'No such event.');
    else for (const line of table(['TIME', 'WHO', 'WHAT', 'ABOUT', 'WHY'], rows)) out.line(line);
    return EXIT.done;
  });
}

/** A bare date means the whole day, so it begins where the day before ends. */
function sinceMs(text: string, timezone: string): number {
  const since = parseAt(/^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? `${text.trim()} 00:00` : text, timezone);
  if (since.ok) return since.value;
  throw new AppError('USAGE', `--since: ${since.problem}`);
}

function untilMs(text: string, timezone: string): number {
  const until = parseAt(text, timezone);
  if (until.ok) return until.value;
  throw new AppError('USAGE', `--until: ${until.problem}`);
}
