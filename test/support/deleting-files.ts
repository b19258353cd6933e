import type { SourceFile } from './architecture-rules.ts';
import { withoutComments } from './source-imports.ts';

/**
 * Every file of src/ that may remove a file or folder, with what it removes. Only store/remove-archives.ts removes an archive; who wants a second
 * place has to come by here. The demo works on directories of its own.
 */
const REMOVED_BY: Readonly<Record<string, string>> = {
  'src/store/remove-archives.ts': 'archives, as the keep rules and the owner have it: the only place',
  'src/store/trim-quarantine.ts': 'the oldest of what failed verification',
  'src/store/drop-quarantined.ts': 'what failed verification, by name, when the owner says so',
  'src/store/partial-file.ts': 'unfinished downloads, and the first name of finished ones',
  'src/jobs/clear-partials.ts': 'unfinished downloads that nobody will finish',
  'src/store/found-file.ts': 'the second name of an archive that was taken over, and folders that this left empty',
  'src/store/write-file-atomically.ts': 'its own temporary file',
  'src/store/marker.ts': 'its own temporary file',
  'src/store/catalog-copy.ts': 'temporary files of copies in the state directory',
  'src/store/copy-problem.ts': 'the word beside a copy in the state directory, when the copy is good again',
  'src/store/stage-catalog.ts': 'its own unfinished catalog',
  'src/store/saved-checksum-lists.ts': 'its own copies of checksum lists, when it could not make them all',
  'src/store/store-texts.ts': 'its own temporary file',
  'src/store/init-store.ts': 'what an init that failed made itself',
  'src/store/probe-directory.ts': 'its own files of a trial',
  'src/store/open-for-reading.ts': 'its own copy of the catalog in the temporary directory',
  'src/jobs/examine-store.ts': 'its own file of a trial',
  'src/jobs/restore-archive.ts': 'its own temporary file at the destination',
};

const NAMES = '(?:unlink|rm|rmdir)(?:Sync)?';
const IMPORTED = new RegExp(`\\bimport\\s*\\{[^}]*\\b${NAMES}\\b[^}]*\\}\\s*from\\s*'(?:node:)?fs(?:/promises)?'`);
const CALLED = new RegExp(`\\.${NAMES}\\s*\\(`);

/** Files that remove something and are not in the list, and files of the list that do not any more. */
export function deletionViolations(sources: readonly SourceFile[]): string[] {
  const removing = new Set(sources.filter(({ path, text }) => isRemoving(path, text)).map(({ path }) => path));
  const strangers = [...removing].filter((path) => REMOVED_BY[path] === undefined);
  const former = Object.keys(REMOVED_BY).filter((path) => !removing.has(path));
  return [
    ...strangers.map((path) => `${path}: removes files; see test/support/deleting-files.ts`),
    ...former.map((path) => `${path}: removes nothing any more; take it off the list`),
  ];
}

function isRemoving(path: string, text: string): boolean {
  if (path.startsWith('src/demo/')) return false;
  const code = withoutComments(text);
  return IMPORTED.test(code) || CALLED.test(code);
}
