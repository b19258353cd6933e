import t from 'tap';
import { createPassProgress } from '../../src/commands/progress-bar.ts';
import {
  createProgressMeter,
  describeMeter,
  type MeterOptions,
  meterStyle,
} from '../../src/commands/progress-meter.ts';
import { RateMeter } from '../../src/commands/rate-meter.ts';
import type { ArchiveRow } from '../../src/store/catalog/archive-row.ts';

function screen(style: MeterOptions['style']) {
  let nowMs = 1_000_000;
  let text = '';
  const stream = {
    isTTY: style === 'bar',
    columns: 100,
    write: (piece: string) => {
      text += piece;
      return true;
    },
    once: () => undefined,
  };
  const meter = createProgressMeter({ stream, style, clock: { now: () => nowMs } });
  return {
    meter,
    pass: (ms: number) => {
      nowMs += ms;
    },
    lines: () => text.split('\n').slice(0, -1),
    text: () => text,
  };
}

const row = (key: string, sizeBytes: number) => ({ vault: 'web', key, sizeBytes }) as ArchiveRow;

t.test('plain lines: a long transfer is told at most every ten seconds', async (t) => {
  const { meter, pass, lines } = screen('lines');
  const progress = createPassProgress(meter);
  progress.queued(1, 600_000_000);
  for (let second = 0; second < 60; second += 1) {
    for (let i = 0; i < 10; i += 1) {
      pass(100);
      progress.advanced(row('big', 600_000_000), 1_000_000, 'network');
    }
  }
  progress.stored(row('big', 600_000_000));
  progress.end();
  t.equal(lines()[0], '1 archive to fetch, 600 MB');
  t.equal(lines().at(-1), 'stored web/big (600 MB)');
  t.ok(lines().length >= 7 && lines().length <= 8, `${lines().length} lines`);
  t.match(lines()[3], /^300 MB of 600 MB, 10 MB\/s, 30 s left$/);
});

t.test('plain lines: many archives are told one by one up to a limit', async (t) => {
  const { meter, pass, lines } = screen('lines');
  const progress = createPassProgress(meter);
  progress.queued(5000, 5_000_000);
  for (let i = 0; i < 5000; i += 1) {
    pass(10);
    progress.advanced(row(`a${i}`, 1000), 1000, 'network');
    progress.stored(row(`a${i}`, 1000));
  }
  progress.end();
  t.ok(lines().length < 30, `${lines().length} lines`);
  t.match(lines().at(-1), /^5\.0 MB of 5\.0 MB, 5000 of 5000 archives/);
});

t.test('retries and failures are told in any case, control characters escaped', async (t) => {
  for (const style of ['lines', 'bar'] as const) {
    const { meter, text, pass } = screen(style);
    const progress = createPassProgress(meter);
    progress.queued(1, 10);
    progress.retrying(row('\x1b]0;x', 10), 'cut', 2000);
    progress.failed(row('b\ud800', 10), 'gone');
    progress.failed(row('c', 10), 'held: oversize: large');
    pass(1000);
    progress.advanced(row('b', 10), 1, 'resumed');
    progress.end();
    t.match(text(), /web\/\\x1b\]0;x: cut; once more in 2 s\n/);
    t.match(text(), /failed web\/b\\ud800: gone\n/);
    t.match(text(), /held web\/c: oversize: large\n/, 'nothing failed');
    t.notMatch(text(), 'failed web/c');
  }
});

t.test('nothing at all for programs', async (t) => {
  const { meter, text } = screen('none');
  meter.begin({ archives: 1, bytes: 1 });
  meter.say('x');
  meter.finish('y');
  meter.end();
  t.equal(text(), '');
});

t.test('which style where', async (t) => {
  const stream = (isTTY: boolean) => ({ isTTY, write: () => true, once: () => undefined });
  t.equal(meterStyle(stream(true), true), 'none');
  t.equal(meterStyle(stream(false), false), 'lines');
  t.equal(meterStyle(stream(true), false), process.env.TERM === 'dumb' ? 'lines' : 'bar');
});

t.test('speed: of the recent past, of the network only, none at first', async (t) => {
  let nowMs = 0;
  const rate = new RateMeter({ now: () => nowMs });
  t.equal(rate.bytesPerSecond(), null);
  for (; nowMs < 30_000; nowMs += 100) rate.add(100);
  t.ok(isNear(rate.bytesPerSecond(), 1000));
  for (; nowMs < 60_000; nowMs += 100) rate.add(200);
  t.ok(isNear(rate.bytesPerSecond(), 2000));
  nowMs += 60_000;
  t.ok((rate.bytesPerSecond() ?? 0) < 500, 'a stall shows');
});

t.test('words', async (t) => {
  const state = { totalBytes: 1000, doneBytes: 1500, totalArchives: 2, doneArchives: 1, bytesPerSecond: 10 };
  t.equal(describeMeter(state), '1.5 kB of 1.0 kB, 1 of 2 archives, 10 B/s, 0 s left');
  t.equal(describeMeter({ ...state, bytesPerSecond: null, totalArchives: 1 }), '1.5 kB of 1.0 kB');
  t.equal(describeMeter({ ...state, bytesPerSecond: 0 }), '1.5 kB of 1.0 kB, 1 of 2 archives, 0 B/s');
});

function isNear(value: number | null, expected: number): boolean {
  return value !== null && Math.abs(value / expected - 1) < 0.02;
}

t.test('the same trouble with many archives is told up to a limit, and counted', async (t) => {
  for (const style of ['lines', 'bar'] as const) {
    const { meter, text } = screen(style);
    const progress = createPassProgress(meter);
    progress.queued(600, 6000);
    for (let i = 0; i < 600; i += 1) progress.failed(row(`k${i}`, 10), 'is a symbolic link');
    for (let i = 0; i < 30; i += 1) progress.failed(row(`h${i}`, 10), 'held: oversize: large');
    progress.end();
    t.equal(text().split('failed web/').length - 1, 20);
    t.match(text(), '… and 580 more failed\n');
    t.match(text(), '… and 10 more held\n');
  }
});
