import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseUploadSide } from '../../../src/cloud/description/parse-upload-side.ts';
import type { UploadSide } from '../../../src/cloud/description/upload-side.ts';
import { buildTemplate } from '../../../src/cloud/template/build-template.ts';
import { readPromoterBundle } from '../../../src/cloud/template/read-promoter-bundle.ts';
import { ROOT_DIR } from '../../support/root-dir.ts';
import { exampleUploadSide, uploadSideOf } from '../../support/upload-side-text.ts';
import { STACK_SIDE } from './stack-side.ts';

/** Writes one template for each kind of description into a folder, as REGION.NAME.json: for a checker that has to know the region. */
const KINDS: Readonly<Record<string, UploadSide>> = {
  example: parseUploadSide({ text: exampleUploadSide, file: 'example' }),
  least: uploadSideOf(),
  everything: STACK_SIDE,
  many: uploadSideOf({ servers: Array.from({ length: 8 }, (_, index) => ({ name: `web-${index}.Example_org` })) }),
  china: uploadSideOf({ region: 'cn-north-1', timezone: 'Asia/Shanghai' }),
  compliance: uploadSideOf({
    lock: { mode: 'compliance', days: 30, maxMonthlyCost: 100_000 },
    lifecycle: { archive: { class: 'DEEP_ARCHIVE', after: '60d' }, expire: '400d' },
  }),
};

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: write-templates.ts DIRECTORY');
mkdirSync(directory, { recursive: true });
const promoterSource = await readPromoterBundle(ROOT_DIR);
for (const [kind, side] of Object.entries(KINDS)) {
  writeFileSync(join(directory, `${side.region}.${kind}.json`), buildTemplate({ side, promoterSource }));
}
