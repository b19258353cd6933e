import t from 'tap';
import { deletionViolations } from './deleting-files.ts';

const found = (path: string, text: string): string[] =>
  deletionViolations([{ path, text }]).filter((violation) => violation.startsWith(path));

t.test('a file that removes files is noticed, however it spells it', async (t) => {
  for (const text of [
    "import { rm } from 'node:fs/promises';",
    "import { existsSync, unlinkSync as away } from 'node:fs';",
    "import {\n  open,\n  rmdir,\n} from 'fs/promises';",
    "import * as fs from 'node:fs';\nfs.rmSync(path);",
  ]) {
    t.match(found('src/jobs/new.ts', text), [/removes files/], text);
  }
});

t.test('others are not', async (t) => {
  for (const text of ["import { rename } from 'node:fs/promises';", '// rm(path)', "const script = 'rm -f -- x';"]) {
    t.same(found('src/jobs/new.ts', text), [], text);
  }
  t.same(found('src/demo/new.ts', "import { rmSync } from 'node:fs';"), []);
});

t.test('the list does not outlive its reasons', async (t) => {
  t.match(found('src/store/marker.ts', "import { open } from 'node:fs';"), [/nothing any more/]);
});
