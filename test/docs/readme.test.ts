import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import t from 'tap';
import { createProgram } from '../../src/commands/program.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

t.test('what the README links to is there', async (t) => {
  const targets = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  t.ok(targets.length > 5);
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => `#${slug(heading)}`);
  for (const target of targets) {
    if (target.startsWith('#')) t.ok(headings.includes(target), target);
    else t.ok(existsSync(new URL(target, root)), target);
  }
});

t.test('it names every command, and no option that a command lacks', async (t) => {
  const program = createProgram(async () => undefined, '0');
  const commands = program.commands.flatMap((one) => [one, ...one.commands]);
  for (const one of program.commands) t.match(readme, new RegExp(`\`(?:pullmirror )?${one.name()}\\b`), one.name());
  const options = [program, ...commands].flatMap((one: Command) => one.options.map(({ long }) => long));
  const known = new Set([...options, '--help']);
  const shown = [...readme.matchAll(/pullmirror (?!pullmirror)[^`\n]*/g)].flatMap(
    ([text]) => text.match(/(?<= )--[a-z-]+/g) ?? [],
  );
  t.ok(shown.length > 5);
  t.same(
    shown.filter((option) => !known.has(option)),
    [],
  );
});

t.test('the package names every dependency that the README gives a reason for, and the other way round', async (t) => {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const section = readme.split('\n## Dependencies\n')[1]?.split('\n\nFor development')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
  t.same(named.sort(), Object.keys(dependencies).sort());
});

/** As GitHub makes anchors. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
