import * as z from 'zod';
import { ERROR_KINDS, type ErrorCode } from './errors.ts';
import { renewedText } from './renewed-text.ts';

const count = z.int().min(0);
const code = z.enum(Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]]);
const problem = z.object({ code, message: z.string(), hint: z.string() });
const files = z.object({
  count,
  names: z.array(z.string()).meta({ description: 'The first of them, below the store.' }),
});

/** What `rebuild`, `adopt` and a `sync` that goes on for them say of the files that found, or did not find, their rows. */
export const adoptionSchema = z.object({
  from: z.enum(['copy', 'nothing', 'itself']).meta({
    description: 'What the catalog was begun from. itself: it was whole, and was made anew on the owner’s word.',
  }),
  copyMadeAt: z.iso.datetime().nullable(),
  aside: z
    .string()
    .nullable()
    .meta({ description: 'Folder with what was in the way: the damaged catalog above all; null: nothing was.' }),
  finished: z.boolean().meta({ description: 'False: `sync`, or the same command, goes on.' }),
  vaults: z.array(
    z.object({
      vault: z.string(),
      listed: count,
      known: count.meta({
        description:
          'Archives on the disk of which the catalog knew before: from its copy, or from a run that was interrupted.',
      }),
      adopted: count.meta({ description: 'Files proven to be archives that the vault has.' }),
      adoptedBytes: count,
      orphans: count.meta({ description: 'Files that the vault has lost, and for which our own SHA256SUMS vouches.' }),
      lacking: count.meta({ description: 'Listed archives without a file here.' }),
      unwanted: count.meta({ description: 'Those of them that the keep rules do not want.' }),
      failures: z.array(problem.extend({ key: z.string() })),
      problem: problem.nullable(),
    }),
  ),
  damaged: files.meta({ description: 'Archives of the former catalog whose file is missing or has another size.' }),
  left: files.meta({ description: 'Files that nothing vouches for; left as they are.' }),
  disagreeing: z.array(z.string()).meta({
    description:
      'Files of which the catalog and SHA256SUMS, as it was, say different things, and nobody knows which is right.',
  }),
  corrected: z
    .array(z.string())
    .meta({ description: 'Files of which the catalog had a wrong SHA-256; it has the right one now.' }),
  frozen: z
    .array(z.string())
    .meta({ description: 'Series that are frozen because pins and freezes were lost with the catalog.' }),
  stopped: problem.nullable(),
});

export const texts = z
  .array(renewedText)
  .meta({ description: 'README.txt, restore.sh, index.html of the store, where they had to be made anew.' });

/** What `adopt --dry-run` says of one vault. */
const preview = z.object({
  vault: z.string(),
  listed: count,
  matching: count,
  matchingBytes: count,
  differing: count.meta({ description: 'A file of the right name and size is here, and is not the archive.' }),
  differingNames: z.array(z.string()).meta({ description: 'The first of these files, below DIR.' }),
  absent: count.meta({ description: 'Not here: fetched as far as the keep rules want it.' }),
});

/** What could not be used where a catalog was made anew. */
const replaced = {
  badCopy: z.string().nullable().meta({ description: 'Where a copy of the catalog that cannot be used is now.' }),
  unreadableLists: z
    .array(z.string())
    .meta({ description: 'Vaults whose SHA256SUMS the disk does not give back; it has been put aside.' }),
};

export const adoptDocument = z.object({
  v: z.literal(1),
  kind: z.enum(['store', 'marker', 'catalog', 'folder', 'preview']).meta({
    description:
      'marker: a store that had lost it, or whose marker was damaged. catalog: one that had lost its marker and its catalog.',
  }),
  path: z.string(),
  storeId: z.string().nullable(),
  archives: count.nullable().meta({ description: 'In the catalog, on the disk; null for a preview.' }),
  bytes: count.nullable(),
  badMarker: z.string().nullable().meta({ description: 'Where a marker that was damaged is now.' }),
  ...replaced,
  texts,
  adoption: adoptionSchema.nullable(),
  preview: z.array(preview).nullable(),
  previewLeft: files.nullable().meta({ description: 'What would be left: files that match nothing.' }),
});

export const rebuildDocument = z.object({
  v: z.literal(1),
  result: z.enum(['whole', 'rebuilt', 'unfinished']),
  why: z.string().nullable().meta({ description: 'What was the matter with the former catalog.' }),
  ...replaced,
  texts,
  adoption: adoptionSchema.nullable(),
});

export type AdoptionJson = z.output<typeof adoptionSchema>;
