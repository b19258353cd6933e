import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { EXIT, type ExitStatus } from '../core/errors.ts';
import { type AdoptFilesReport, adoptFiles } from '../jobs/adopt-files.ts';
import { keepTexts } from '../jobs/keep-texts.ts';
import { beginRebuild, type RebuildBegin } from '../jobs/rebuild-catalog.ts';
import { attachStore } from '../store/attached-store.ts';
import { copyCatalog } from '../store/catalog-copy.ts';
import { openLockedStore, type WritableStore } from '../store/open-store.ts';
import { openStateFile, prepareStateDirectory } from '../store/state-file.ts';
import { PRIVATE_FOLDER } from '../store/store-layout.ts';
import { acquireStoreLock } from '../store/store-lock.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { adoptionExit } from './adoption-exit.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig } from './open-mirror.ts';
import type { Output } from './output.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { requireVaults } from './require-vaults.ts';
import { adoptionJson, tellAdoption } from './tell-adoption.ts';
import { tellLoss, tellReplaced } from './tell-loss.ts';
import { tellTexts } from './tell-texts.ts';

interface RebuildOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addRebuildCommand(program: Command, run: RunCommand): void {
  program
    .command('rebuild')
    .description('make a lost or damaged catalog anew, from its copy, or from files and vaults; removes nothing')
    .option('--force', 'also where the catalog looks whole: verify calls files damaged that SHA256SUMS calls right')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror rebuild', 'when another command says that the catalog is damaged'],
        ['pullmirror rebuild --json', 'for a program'],
      ),
    )
    .action((options: RebuildOptions) => run(options, (context) => rebuild(options, context)));
}

async function rebuild(options: RebuildOptions, context: CommandContext): Promise<ExitStatus> {
  const { configFile, clock, out } = context;
  const config = loadConfig(configFile);
  prepareStateDirectory(config.stateDir);
  const { state } = openStateFile(config.stateDir);
  const { openVaults } = await import('./open-vaults.ts');
  const readers = openVaults(config, state, clock);
  try {
    const store = attachStore({ path: config.store.path, expectedStoreId: state.storeId, mode: 'write' });
    const lock = acquireStoreLock(store.root);
    try {
      const begin = await beginRebuild({
        store,
        stateDir: config.stateDir,
        force: options.force === true,
        nowMs: clock.now(),
        requireVaults: () => requireVaults(readers, context.signal),
        announce: (note, why) => {
          out.line(`${why}.`);
          tellLoss(note, config, out);
        },
      });
      if (begin.kind === 'whole') return tellWhole(out);
      tellBegin(begin, store.root, out);
      const opened = openLockedStore(store, lock, clock.now());
      try {
        const texts = keepTexts({ ...opened, actor: 'rebuild', nowMs: clock.now() });
        tellTexts(texts, out);
        const report = await findFiles(opened, config, readers, context);
        out.document({
          v: 1,
          result: report.finished ? 'rebuilt' : 'unfinished',
          ...facts(begin),
          texts,
          adoption: adoptionJson(report, store.root),
        });
        tellAdoption(report, out);
        return tellEnd(report, out);
      } finally {
        opened.close();
      }
    } finally {
      lock.release();
    }
  } finally {
    for (const reader of readers.values()) reader.close();
  }
}

async function findFiles(
  opened: WritableStore,
  config: Config,
  readers: ReadonlyMap<string, VaultReader>,
  { out, clock, random, signal }: CommandContext,
): Promise<AdoptFilesReport> {
  const { store, catalog } = opened;
  const progress = createByteProgress(
    createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) }),
  );
  const report = await adoptFiles({ config, store, catalog, readers, clock, random, signal, progress });
  copyCatalog({ catalog, stateDir: config.stateDir, storeId: store.marker.storeId });
  return report;
}

function tellWhole(out: Output): ExitStatus {
  out.document({ v: 1, result: 'whole', why: null, badCopy: null, unreadableLists: [], texts: [], adoption: null });
  out.line('The catalog is whole: there is nothing to rebuild.');
  return EXIT.done;
}

function facts(begin: RebuildBegin): { why: string | null; badCopy: string | null; unreadableLists: string[] } {
  return begin.kind === 'begun'
    ? { why: begin.why, badCopy: begin.badCopy?.path ?? null, unreadableLists: [...begin.unreadableLists] }
    : { why: null, badCopy: null, unreadableLists: [] };
}

function tellBegin(begin: Exclude<RebuildBegin, { kind: 'whole' }>, root: string, out: Output): void {
  const aside = join(root, PRIVATE_FOLDER, begin.note.aside);
  if (begin.kind === 'unfinished' && begin.note.kind === 'folder') {
    out.line('The taking over of this folder (`pullmirror adopt`) is not finished: going on.');
    return;
  }
  if (begin.kind === 'unfinished') {
    out.line(`An earlier rebuild is not finished (what it put aside: ${aside}): going on.`);
    return;
  }
  out.line(`What there is of that catalog has been put aside: ${aside}`);
  tellReplaced(begin, out);
}

function tellEnd(report: AdoptFilesReport, out: Output): ExitStatus {
  if (!report.finished) out.line('Not finished: `pullmirror sync` goes on as soon as it can, or `pullmirror rebuild`.');
  else if (report.disagreeing.length === 0) {
    out.line('The catalog agrees with the disk again. Next: `pullmirror sync`, then `pullmirror status`.');
  }
  return adoptionExit(report);
}
