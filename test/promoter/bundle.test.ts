import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import t from 'tap';
import { SETTINGS } from './promoter-fixture.ts';

const root = join(import.meta.dirname, '..', '..');
const bundle = join(root, 'dist', 'promoter', 'lambda.cjs');

t.test('dist holds the bundle of today’s sources, as the build script makes it', async (t) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  for (const option of [
    'src/promoter/commonjs-module.ts',
    '--bundle',
    '--minify',
    '--platform=node',
    '--target=node24',
    '--format=cjs',
    '--external:@aws-sdk/*',
  ]) {
    t.ok(scripts.bundle?.split(' ').includes(option), option);
  }
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src', 'promoter', 'commonjs-module.ts')],
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
    ...{
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      external: ['@aws-sdk/*'],
      write: false,
    },
  });
  t.equal(await readFile(bundle, 'utf8'), outputFiles[0]?.text, 'run `npm run build`');
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
  const env = { ...role, NODE_PATH: join(root, 'node_modules') };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env });
  const [line = '', failure] = stdout.split('\n');
  t.match(JSON.parse(line), { level: 'warn', event: 'not-understood' });
  t.match(failure, /could not be dealt with/);
});
