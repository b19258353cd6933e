import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { buildInto } from '../../esbuild.config.ts';
import { ROOT_DIR } from '../support/root-dir.ts';
import { SETTINGS } from './promoter-fixture.ts';

const bundle = join(ROOT_DIR, 'dist/promoter/lambda.cjs');

t.test('dist holds what is made of today’s sources', async (t) => {
  const made = t.testdir({});
  await buildInto(made);
  const dist = join(ROOT_DIR, 'dist');
  // The names of chunks stand for their content.
  t.same(readdirSync(dist, { recursive: true }).sort(), readdirSync(made, { recursive: true }).sort());
  for (const name of ['cli.js', 'promoter/lambda.cjs']) {
    t.equal(await readFile(join(dist, name), 'utf8'), await readFile(join(made, name), 'utf8'), 'run `npm run build`');
  }
});

t.test('it fits into a template: small, with nothing from outside but Node and the runtime’s SDK', async (t) => {
  const text = await readFile(bundle, 'utf8');
  t.ok(text.length < 25_000, `${text.length} bytes`);
  t.notMatch(text, /[^\x20-\x7e\n]/, 'ASCII');
  const required = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
  t.same([...new Set(required)].sort(), ['@aws-sdk/client-s3', 'node:crypto']);
});

t.test('it runs as Lambda runs inline code: index.js, CommonJS', async (t) => {
  const dir = t.testdir();
  const call = `module.exports.handler=module.exports.createHandler(${JSON.stringify(SETTINGS)});`;
  await writeFile(join(dir, 'index.js'), `${await readFile(bundle, 'utf8')}\n${call}\n`);
  // Lambda's folder has no package.json that would make a module of it, as the one of this repository does.
  await writeFile(join(dir, 'package.json'), '{}');
  const program = `const {handler}=require(${JSON.stringify(join(dir, 'index.js'))});
    const context={getRemainingTimeInMillis:()=>900000};
    (async()=>{await handler({Event:'s3:TestEvent'},context);await handler({nonsense:1},context).catch((error)=>console.log(error.message))})()`;
  // As in the runtime: the SDK by NODE_PATH, region and role by the environment.
  const role = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKtest', AWS_SECRET_ACCESS_KEY: 'secret' };
  const env = { ...role, NODE_PATH: join(ROOT_DIR, 'node_modules') };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env });
  const [line = '', failure] = stdout.split('\n');
  t.match(JSON.parse(line), { level: 'warn', event: 'not-understood' });
  t.match(failure, /could not be dealt with/);
});
