import type { ArchiveRow } from '../store/catalog/archive-row.ts';
import type { Catalog } from '../store/catalog/catalog.ts';
import { archiveNamed, type Candidate } from './candidate-files.ts';
import { lacksFile } from './lacks-file.ts';

/** Which files of a folder that is being taken over are whose: the same bytes may be archives of two vaults, and a file is the place of one. */
export class ClaimedPlaces {
  readonly #catalog: Catalog;
  readonly #isAway: (vault: string) => boolean;

  /** @param args.isAway is it a vault of the configuration that could not be listed, so that nobody knows what of its folder is an archive? */
  constructor(args: { catalog: Catalog; isAway: (vault: string) => boolean }) {
    this.#catalog = args.catalog;
    this.#isAway = args.isAway;
  }

  /** Does an archive of any vault lie there, as far as the catalog knows? */
  isStored(relativePath: string): boolean {
    const end = relativePath.indexOf('/');
    const [vault, path] = [relativePath.slice(0, end), relativePath.slice(end + 1)];
    return end >= 0 && this.#catalog.archives.occupant(vault, path) !== null;
  }

  /** Does another archive, one that may still be found there, have this place by its name? */
  isOthers({ path, relativePath }: Candidate, row: ArchiveRow): boolean {
    if (path !== null) return false;
    const named = archiveNamed(relativePath);
    if (named === null || (named.vault === row.vault && named.key === row.key)) return false;
    if (named.vault !== row.vault && this.#isAway(named.vault)) return true;
    const others = this.#catalog.archives.ofKey(named.vault, named.key);
    return others.some((other) => lacksFile(other) && other.sizeBytes === row.sizeBytes);
  }
}
