import type { Command } from 'commander';
import t from 'tap';
import { createProgram } from '../../src/commands/program.ts';

const program = createProgram(async () => undefined, '0');

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  command.outputHelp();
  return text;
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

t.test('every command says in one line what it does and gives an example of itself', async (t) => {
  for (const command of everyCommand(program)) {
    const help = helpOf(command);
    t.match(command.description(), /^[^\n]{10,110}$/, `${fullName(command)}: description`);
    t.ok(help.includes('\nExamples:\n  pullmirror '), `${fullName(command)}: examples`);
    const example = help.split('\nExamples:\n')[1] ?? '';
    t.ok(example.includes(`${command.name()}`), `${fullName(command)}: an example of the command itself`);
    t.match(help, /--config <FILE>[\s\S]*--verbose/, `${fullName(command)}: what every command takes`);
  }
});

t.test('the commands of this release', async (t) => {
  t.same(program.commands.map((command) => command.name()).sort(), [
    'adopt',
    'cloud',
    'config',
    'demo',
    'doctor',
    'freeze',
    'history',
    'init',
    'list',
    'pin',
    'prune',
    'rebuild',
    'release',
    'resolve',
    'restore',
    'status',
    'sync',
    'unpin',
    'verify',
  ]);
});
