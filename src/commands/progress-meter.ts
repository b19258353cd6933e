import cliProgress from 'cli-progress';
import type { Clock } from '../core/clock.ts';
import { formatDuration } from '../core/duration.ts';
import { printable } from '../core/printable.ts';
import { formatBytes } from '../core/size.ts';
import type { TextStream } from './output.ts';
import { RateMeter } from './rate-meter.ts';

/** What is known about the work when it is shown. */
export interface MeterState {
  readonly totalBytes: number;
  readonly doneBytes: number;
  readonly totalArchives: number;
  readonly doneArchives: number;
  /** Recent, or null when too little is known. */
  readonly bytesPerSecond: number | null;
}

/** Shows how far work on a number of bytes is. Calls are cheap; what is drawn is limited in rate. */
export interface ProgressMeter {
  begin(total: { readonly archives: number; readonly bytes: number }): void;
  /** More work than was known at the beginning, or before it. */
  extend(more: { readonly archives: number; readonly bytes: number }): void;
  /** `counts` false: bytes that were there already, which say nothing about speed. */
  advance(bytes: number, counts?: boolean): void;
  /** One archive more is done; `line` tells of it where there is no bar, null tells nothing. */
  finish(line: string | null): void;
  /** A line that a person should see in any case. */
  say(line: string): void;
  end(): void;
}

export interface MeterOptions {
  readonly stream: TextStream;
  readonly clock: Pick<Clock, 'now'>;
  /** 'bar' redraws one line of a terminal, 'lines' writes a line now and then, 'none' is for `--json`. */
  readonly style: 'bar' | 'lines' | 'none';
}

const UPDATE_EVERY_MS = 100;

/** A bar on a terminal, lines elsewhere, nothing where the output is for programs. */
export function meterStyle(stream: TextStream, json: boolean): MeterOptions['style'] {
  if (json) return 'none';
  return stream.isTTY === true && process.env.TERM !== 'dumb' ? 'bar' : 'lines';
}

export function createProgressMeter(options: MeterOptions): ProgressMeter {
  if (options.style === 'none') return SILENT;
  const view = options.style === 'bar' ? createBar(options.stream) : createLines(options);
  const rate = new RateMeter(options.clock);
  let state = { totalBytes: 0, doneBytes: 0, totalArchives: 0, doneArchives: 0 };
  let updatedAtMs = Number.NEGATIVE_INFINITY;
  // Told of every piece that arrives, thousands a second; eyes need a few.
  const update = () => {
    const nowMs = options.clock.now();
    if (nowMs - updatedAtMs < UPDATE_EVERY_MS) return;
    updatedAtMs = nowMs;
    view.update({ ...state, bytesPerSecond: rate.bytesPerSecond() });
  };
  return {
    begin({ archives, bytes }) {
      state = { totalBytes: bytes, doneBytes: 0, totalArchives: archives, doneArchives: 0 };
      view.begin({ ...state, bytesPerSecond: null });
    },
    extend({ archives, bytes }) {
      state = { ...state, totalBytes: state.totalBytes + bytes, totalArchives: state.totalArchives + archives };
      view.begin({ ...state, bytesPerSecond: null });
    },
    advance(bytes, counts = true) {
      state.doneBytes += bytes;
      if (counts) rate.add(bytes);
      update();
    },
    finish(line) {
      state.doneArchives += 1;
      if (line !== null) view.finished(line);
      update();
    },
    say: (line) => view.say(line),
    end: () => view.end({ ...state, bytesPerSecond: null }),
  };
}

const SILENT: ProgressMeter = { begin() {}, extend() {}, advance() {}, finish() {}, say() {}, end() {} };

interface View {
  begin(state: MeterState): void;
  update(state: MeterState): void;
  finished(line: string): void;
  say(line: string): void;
  end(state: MeterState): void;
}

/** "1.2 GB of 3.4 GB, 12 of 40 archives, 8.0 MB/s, 5 min left" */
export function describeMeter(state: MeterState): string {
  const { totalBytes, doneBytes, totalArchives, doneArchives, bytesPerSecond } = state;
  const parts = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`];
  if (totalArchives > 1) parts.push(`${doneArchives} of ${totalArchives} archives`);
  if (bytesPerSecond !== null) {
    parts.push(`${formatBytes(bytesPerSecond)}/s`);
    const leftMs = (Math.max(0, totalBytes - doneBytes) / bytesPerSecond) * 1000;
    if (bytesPerSecond > 0) parts.push(`${formatDuration(leftMs)} left`);
  }
  return parts.join(', ');
}

function createBar(stream: TextStream): View {
  let bars: cliProgress.MultiBar | null = null;
  let bar: cliProgress.SingleBar | null = null;
  return {
    begin(state) {
      bars ??= newBars(stream);
      bar ??= bars.create(Math.max(1, state.totalBytes), 0, { words: describeMeter(state) });
      bar.setTotal(Math.max(1, state.totalBytes));
    },
    update(state) {
      bar?.update(Math.min(state.doneBytes, state.totalBytes), { words: describeMeter(state) });
    },
    finished() {},
    say(line) {
      const text = `${printable(line)}\n`;
      if (bars === null) {
        stream.write(text);
        return;
      }
      bars.log(text);
      // The library shows what is logged with its next redraw, and forgets it when it is stopped before.
      bars.update();
    },
    end() {
      // Its timer would keep the process from ending.
      bars?.stop();
      bars = null;
      bar = null;
    },
  };
}

function newBars(stream: TextStream): cliProgress.MultiBar {
  return new cliProgress.MultiBar(
    {
      format: '{bar} {percentage}%  {words}',
      barsize: 24,
      fps: 5,
      hideCursor: true,
      stopOnComplete: false,
      clearOnComplete: true,
      stream: stream as NodeJS.WritableStream,
      // Interrupts are the program's own business.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
}

const LINE_EVERY_MS = 10_000;
/** So many archives are told one by one; a first pass over ten thousand would fill a journal. */
const LINES_PER_ARCHIVE = 20;

function createLines({ stream, clock }: MeterOptions): View {
  let told = 0;
  let lastLineAtMs = clock.now();
  const write = (line: string) => stream.write(`${printable(line)}\n`);
  return {
    begin() {
      lastLineAtMs = clock.now();
    },
    update(state) {
      const nowMs = clock.now();
      if (nowMs - lastLineAtMs < LINE_EVERY_MS) return;
      lastLineAtMs = nowMs;
      write(describeMeter(state));
    },
    finished(line) {
      told += 1;
      if (told <= LINES_PER_ARCHIVE) write(line);
      else if (told === LINES_PER_ARCHIVE + 1) write(`… from here on, a line every ${formatDuration(LINE_EVERY_MS)}`);
    },
    say: write,
    end(state) {
      if (told > LINES_PER_ARCHIVE) write(describeMeter(state));
    },
  };
}
