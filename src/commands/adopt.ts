import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../core/config/config.ts';
import { AppError, EXIT, type ExitStatus } from '../core/errors.ts';
import { SUMS_NAME, SUMS_TEMPORARY_NAME } from '../core/sha256sums.ts';
import { formatBytes } from '../core/size.ts';
import { type AdoptFilesReport, adoptFiles } from '../jobs/adopt-files.ts';
import { finishPass } from '../jobs/finish-pass.ts';
import { recordTexts } from '../jobs/keep-texts.ts';
import { type AdoptionPreview, previewAdoption, previewLeft } from '../jobs/preview-adoption.ts';
import { requireOneOwner } from '../jobs/require-owner.ts';
import { type AdoptedFolder, adoptFolder, wholeMarker } from '../store/adopt-folder.ts';
import { readAdoptionNote } from '../store/adoption-note.ts';
import { attachStore } from '../store/attached-store.ts';
import { findAdoptionNote } from '../store/find-adoption-note.ts';
import { foundFolders } from '../store/found-name.ts';
import { resolveInDirectory } from '../store/inside-store.ts';
import { wasStore } from '../store/lost-store.ts';
import { openLockedStore, type WritableStore } from '../store/open-store.ts';
import { openStateFile, prepareStateDirectory, type StateFile } from '../store/state-file.ts';
import { RESERVED_TOP_NAMES } from '../store/store-layout.ts';
import { flawedTexts } from '../store/store-texts.ts';
import { requireSuitable } from '../store/suitable-directory.ts';
import type { VaultReader } from '../vault/vault-reader.ts';
import { adoptionExit } from './adoption-exit.ts';
import { type CommandContext, examples, JSON_OPTION, type RunCommand } from './command-context.ts';
import { loadConfig, readState } from './open-mirror.ts';
import type { Output } from './output.ts';
import { createByteProgress } from './progress-bar.ts';
import { createProgressMeter, meterStyle } from './progress-meter.ts';
import { requireVaults } from './require-vaults.ts';
import { adoptionJson, asidePath, tellAdoption, tellFiles, tellNames } from './tell-adoption.ts';
import { tellLoss, tellReplaced } from './tell-loss.ts';
import { tellFlawedTexts, tellTexts } from './tell-texts.ts';

interface AdoptOptions {
  readonly notAMount?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addAdoptCommand(program: Command, run: RunCommand): void {
  program
    .command('adopt <DIR>')
    .description('take over the disk of another machine, or a plain folder of rclone or aws s3 sync; removes nothing')
    .option('--not-a-mount', 'DIR is a plain directory on purpose, not where a disk is mounted')
    .option('--dry-run', 'only say what of the vaults is in a plain folder')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        ['pullmirror adopt /srv/archive', 'the disk of a Raspberry Pi that broke, on a new one'],
        ['pullmirror adopt /srv/archive --dry-run', 'what rclone has brought: how much of it can stay?'],
      ),
    )
    .action((directory: string, options: AdoptOptions) =>
      run(options, (context) => adopt(directory, options, context)),
    );
}

async function adopt(directory: string, options: AdoptOptions, context: CommandContext): Promise<ExitStatus> {
  const { configFile, clock, signal } = context;
  const config = loadConfig(configFile);
  const root = resolve(directory);
  if (root !== resolve(config.store.path)) {
    throw new AppError('USAGE', `${root} is not the store of ${configFile}, which is ${config.store.path}`, {
      hint: `Write \`store: { path: ${root} }\` into the configuration first.`,
    });
  }
  const { openVaults } = await import('./open-vaults.ts');
  const readers = openVaults(config, readState(config).state, clock);
  try {
    if (options.dryRun === true) return await preview(root, options, config, readers, context);
    prepareStateDirectory(config.stateDir);
    const stateFile = openStateFile(config.stateDir);
    await requireOneOwner(root, process.getuid?.() ?? 0, signal);
    const folder = await adoptFolder({
      directory: root,
      notAMount: options.notAMount === true,
      vaults: config.vaults.map(({ name }) => name),
      stateDir: config.stateDir,
      knownStoreId: stateFile.state.storeId,
      nowMs: clock.now(),
      requireVaults: () => requireVaults(readers, signal),
      newId: randomUUID,
    });
    try {
      const store = attachStore({ path: root, expectedStoreId: null, mode: 'write' });
      const opened = openLockedStore(store, folder.lock, clock.now());
      try {
        return await takeOver(folder, opened, config, readers, stateFile, context);
      } finally {
        opened.close();
      }
    } finally {
      folder.lock.release();
    }
  } finally {
    for (const reader of readers.values()) reader.close();
  }
}

async function takeOver(
  folder: AdoptedFolder,
  { store, catalog }: WritableStore,
  config: Config,
  readers: ReadonlyMap<string, VaultReader>,
  stateFile: StateFile,
  { out, clock, random, signal }: CommandContext,
): Promise<ExitStatus> {
  catalog.check();
  const note = readAdoptionNote(catalog);
  recordTexts(catalog, folder.texts, 'adopt', clock.now());
  tellFolder(folder, note?.kind === 'rebuild' ? asidePath(store.root, note) : null, out);
  if (note?.kind === 'rebuild') tellLoss(note, config, out);
  let report: AdoptFilesReport | null = null;
  if (note !== null) {
    const progress = createByteProgress(
      createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) }),
    );
    report = await adoptFiles({ config, store, catalog, readers, clock, random, signal, progress });
  }
  await finishPass({ store, catalog, stateDir: config.stateDir, clock, changed: true });
  await rememberStore(stateFile, store.marker.storeId);
  const groups = catalog.counts.summary();
  const archives = groups.reduce((sum, { stored }) => sum + stored, 0);
  const bytes = groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const { storeId } = store.marker;
  const adoption = report === null ? null : adoptionJson(report, store.root);
  const { badMarker } = folder;
  const replaced = { badMarker, badCopy: folder.badCopy?.path ?? null, unreadableLists: [...folder.unreadableLists] };
  const path = store.root;
  out.document({
    v: 1,
    kind: folder.kind,
    path,
    storeId,
    archives,
    bytes,
    ...replaced,
    texts: [...folder.texts],
    adoption,
    preview: null,
    previewLeft: null,
  });
  const stood = note?.kind === 'folder' ? asidePath(store.root, note) : null;
  if (stood !== null) out.line(`What stood in the way of our own files is in ${stood}`);
  if (report !== null) tellAdoption(report, out);
  out.line(`The store ${storeId} holds ${archives} archives (${formatBytes(bytes)}).`);
  if (report?.finished === false)
    out.line('Not finished: run the command again, or `pullmirror sync`; either goes on.');
  else {
    out.line(
      'Next: `pullmirror doctor`, then `pullmirror sync`, which fetches what the keep rules want of what is lacking.',
    );
  }
  return report === null ? EXIT.done : adoptionExit(report);
}

/** Everything is listed anew: what this machine remembers may be of another disk. */
async function rememberStore(stateFile: StateFile, storeId: string): Promise<void> {
  const { state } = stateFile;
  const vaults = Object.entries(state.vaults).map(
    ([name, one]) => [name, { ...one, lastFullListingAt: null }] as const,
  );
  await stateFile.save({ ...state, storeId, lastSelfCheckAt: null, vaults: Object.fromEntries(vaults) });
}

async function preview(
  root: string,
  options: AdoptOptions,
  config: Config,
  readers: ReadonlyMap<string, VaultReader>,
  { out, clock, random, signal }: CommandContext,
): Promise<ExitStatus> {
  const isStore = wholeMarker(root) !== null;
  // As `adopt` itself will: a store knows whether it is a mount.
  if (isStore) attachStore({ path: root, expectedStoreId: null, mode: 'write' });
  else requireSuitable(root, { notAMount: options.notAMount === true });
  const progress = createByteProgress(
    createProgressMeter({ stream: out.stderr, clock, style: meterStyle(out.stderr, out.json) }),
  );
  // Interrupted, it goes on among the files of the plain folder, whatever of the store is there by now.
  const isBegun = findAdoptionNote(root)?.kind === 'folder';
  const ground = {
    resolve: (path: string) => resolveInDirectory(root, path),
    plainNames: isBegun || (!isStore && !wasStore(root)),
    foundFolders: foundFolders(root),
    // Until it is begun, what bears a name of our own files is somebody else's, and may be an archive.
    ownNames: isBegun ? RESERVED_TOP_NAMES : new Set<string>(),
  };
  const taken = new Set<string>();
  const vaults: AdoptionPreview[] = [];
  for (const vault of config.vaults) {
    const reader = readers.get(vault.name);
    if (reader === undefined) throw new Error(`no reader for vault ${vault.name}`);
    const all = { vaults: config.vaults, readers };
    vaults.push(await previewAdoption({ reader, vault, ...all, ground, taken, progress, clock, random, signal }));
  }
  progress.end();
  if (isBegun) for (const path of ownFiles(config)) taken.add(path);
  // A plain folder has none of ours.
  const texts = ground.plainNames && !isBegun ? [] : flawedTexts(root);
  const left = ground.plainNames ? await previewLeft(root, taken) : null;
  out.document({
    v: 1,
    kind: 'preview',
    path: root,
    storeId: null,
    archives: null,
    bytes: null,
    badMarker: null,
    badCopy: null,
    unreadableLists: [],
    texts: texts.map((one) => ({ ...one, aside: null })),
    adoption: null,
    preview: vaults.map((one) => ({ ...one, differingNames: [...one.differingNames] })),
    previewLeft: left === null ? null : { count: left.count, names: [...left.names] },
  });
  if (isBegun) out.line(`The taking over of ${root} is not finished.`);
  else if (!ground.plainNames) out.line(`${root} ${isStore ? 'is a store already' : 'was a store'}.`);
  tellFlawedTexts(texts, out);
  for (const one of vaults) {
    const { vault, listed, matching, matchingBytes, differing, differingNames, absent } = one;
    const others = differing === 1 ? '1 is another file' : `${differing} are other files`;
    const words = `${listed} listed; ${matching} (${formatBytes(matchingBytes)}) ${matching === 1 ? 'is' : 'are'} here and would stay`;
    out.line(`${vault}: ${words}, ${others} of the same size, ${absent} ${absent === 1 ? 'is' : 'are'} not here`);
    tellNames(differing, differingNames, out);
  }
  if (left !== null) {
    const words = `${left.count} ${left.count === 1 ? 'file matches nothing, and would be left where it is' : 'files match nothing, and would be left where they are'} (what bears a name of our own files: in .pullmirror/found-…):`;
    tellFiles(words, left.count, left.names, out);
  }
  out.line('Of what is not here `sync` fetches what the keep rules want of it. Nothing was changed.');
  return EXIT.done;
}

/** What a store has beside its archives, and its private folder. */
function ownFiles({ vaults }: Config): string[] {
  return [...RESERVED_TOP_NAMES, ...vaults.flatMap(({ name }) => SUMS_NAMES.map((sums) => `${name}/${sums}`))];
}

const SUMS_NAMES = [SUMS_NAME, SUMS_TEMPORARY_NAME];

function tellFolder(folder: AdoptedFolder, aside: string | null, out: Output): void {
  const { kind, root, badMarker } = folder;
  if (kind === 'store') out.line(`${root} is a store.`);
  if (kind === 'marker')
    out.line(`${root} was a store and had lost its marker, which has been made anew from its catalog.`);
  if (kind === 'catalog') out.line(`${root} was a store and had lost its marker and its catalog.`);
  if (kind === 'folder') out.line(`${root} is a store now.`);
  tellTexts(folder.texts, out);
  if (badMarker !== null) out.line(`What lay in the marker's place was damaged. It is here now: ${badMarker}`);
  if (aside === null) return;
  out.line(`What was left of its catalog, and its checksum lists as they were, are in ${aside}`);
  tellReplaced(folder, out);
}
