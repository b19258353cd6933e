// Writes the pages of docs/ that are made from the program itself: `npm run docs`. A test compares them with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedDocs } from './generated-docs.ts';

const root = new URL('../../', import.meta.url);
for (const [path, text] of generatedDocs()) {
  const file = fileURLToPath(new URL(path, root));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
