import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { resolveArchives } from '../../src/jobs/resolve-archives.ts';
import { openItems } from '../support/open-items.ts';
import { type Seeded, seeded } from '../support/seeded.ts';
import { Attacker } from './attacker.ts';
import { type GenuineUpload, genuineUploads } from './genuine-uploads.ts';
import { SimulatedClock, SimulatedMirror } from './simulated-mirror.ts';
import { calmWeather, SimulatedReader, SimulatedVault, type Upload } from './simulated-vault.ts';
import { Witness } from './witness.ts';
import { DAY_MS, MINUTE_MS, type WorldPlan, yamlOf } from './world-plan.ts';

/** What happened, by name: a run in which nothing was removed proves nothing. */
export type Tally = Map<string, number>;

/** One world from the first backup to its end. Throws with the seed when anything is not as it must be. */
export async function playWorld(plan: WorldPlan, scratch: string, tally: Tally): Promise<void> {
  const folder = join(scratch, `world-${plan.seed}`);
  mkdirSync(folder);
  const play = new Play(plan, folder, tally);
  try {
    await play.run();
  } finally {
    play.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Play {
  readonly #plan: WorldPlan;
  readonly #draw: Seeded;
  readonly #tally: Tally;
  readonly #clock: SimulatedClock;
  readonly #vault: SimulatedVault;
  readonly #reader: SimulatedReader;
  readonly #mirror: SimulatedMirror;
  readonly #attacker: Attacker;
  readonly #genuine: GenuineUpload[];
  readonly #witness: Witness;
  /** The Pi's clock is right, and S3 tells the time. */
  #clockIsTrusted = true;

  constructor(plan: WorldPlan, folder: string, tally: Tally) {
    this.#plan = plan;
    this.#tally = tally;
    this.#draw = seeded(plan.seed + 1_000_003);
    this.#clock = new SimulatedClock(plan.beginMs);
    this.#vault = new SimulatedVault({ versioned: plan.versioned });
    this.#reader = new SimulatedReader('web', this.#vault, calmWeather(this.#clock));
    this.#mirror = new SimulatedMirror({
      folder,
      yaml: yamlOf(plan),
      readers: new Map([['web', this.#reader]]),
      clock: this.#clock,
      random: this.#draw.next,
    });
    this.#attacker = new Attacker(plan, this.#draw);
    const all = genuineUploads(plan, this.#draw);
    this.#witness = new Witness(plan, this.#mirror.storeDir, all);
    this.#genuine = all;
  }

  async run(): Promise<void> {
    const { beginMs, endMs, passEveryMs } = this.#plan;
    let fromMs = beginMs;
    for (let passes = 0; fromMs < endMs; passes += 1) {
      const toMs = Math.min(endMs, fromMs + Math.floor(passEveryMs * (0.7 + 0.6 * this.#draw.next())));
      this.#upload(fromMs, toMs);
      for (let left = this.#attacker.deletions(fromMs, toMs); left > 0; left -= 1)
        this.#attacker.deleteSomething(this.#vault);
      this.#expire(toMs);
      this.#setWeather(toMs);
      await this.#pull(toMs);
      await this.#prune(toMs);
      this.#ownerActs(toMs, toMs - fromMs);
      if (passes % 40 === 39) this.#require(this.#witness.checkDisk(), toMs);
      if (this.#draw.chance(0.03)) this.#mirror.restart();
      fromMs = toMs;
    }
    this.#require(this.#witness.checkDisk(), endMs);
    this.#count('archives removed', this.#witness.removed);
    this.#count('genuine ones among them', this.#witness.removedGenuine);
    this.#count('days', Math.round((endMs - beginMs) / DAY_MS));
  }

  close(): void {
    this.#mirror.restart();
  }

  async #pull(nowMs: number): Promise<void> {
    const { report, attention } = await this.#mirror.pass({ full: this.#draw.chance(0.05) });
    this.#count('passes', 1);
    this.#count(
      'downloads',
      report.vaults.reduce((sum, { downloaded }) => sum + downloaded, 0),
    );
    this.#count('passes with attention', attention.length > 0 ? 1 : 0);
    this.#require(this.#witness.look(nowMs, { clockIsTrusted: this.#clockIsTrusted, mayRemove: false }), nowMs);
  }

  async #prune(nowMs: number): Promise<void> {
    const outcome = await this.#mirror.prune();
    if (outcome === null) this.#count('prunes refused for the clock', 1);
    else if (outcome.stopped !== null) throw outcome.stopped;
    else if (outcome.series.some(({ block }) => block !== null)) this.#count('prunes blocked by a bad pass', 1);
    else this.#count('prunes', 1);
    this.#require(this.#witness.look(nowMs, { clockIsTrusted: this.#clockIsTrusted, mayRemove: true }), nowMs);
  }

  /** Genuine and other uploads in the order of time. */
  #upload(fromMs: number, toMs: number): void {
    const junk = this.#attacker.uploads(fromMs, toMs);
    const { takeoverMs, attack } = this.#plan;
    const isSilenced = ({ series, backup }: GenuineUpload) =>
      series.server === 'web1' && backup.timeMs >= takeoverMs && !attack.serverGoesOn;
    let next = 0;
    while ((this.#genuine[0]?.atMs ?? Number.POSITIVE_INFINITY) < toMs || next < junk.length) {
      const upload = this.#genuine[0];
      const other = junk[next];
      if (upload !== undefined && upload.atMs < toMs && (other === undefined || upload.atMs <= other.atMs)) {
        this.#genuine.shift();
        if (!isSilenced(upload)) this.#putGenuine(upload);
      } else if (other !== undefined) {
        next += 1;
        this.#putJunk(other);
      }
    }
  }

  #putGenuine(upload: GenuineUpload): void {
    // Nothing in a vault is overwritten but where its owner set it up so; a name that is taken stays with whoever has it.
    const isTaken = this.#isTaken(upload.key);
    if (!isTaken) this.#witness.genuineArrived(upload, this.#vault.put(upload));
    this.#count(isTaken ? 'genuine names taken' : 'genuine uploads', 1);
  }

  #putJunk(upload: Upload): void {
    const isTaken = this.#isTaken(upload.key);
    if (!isTaken) this.#vault.put(upload);
    this.#count(isTaken ? 'names of junk taken' : 'junk uploads', 1);
  }

  #isTaken(key: string): boolean {
    const { versioned, weak, series } = this.#plan;
    const isRewritten = series.some(({ versions, match }) => versions && match === key);
    return !versioned && !weak && !isRewritten && this.#vault.has(key);
  }

  /** The vault's lifecycle. */
  #expire(nowMs: number): void {
    const { expiresAfterMs } = this.#plan;
    if (expiresAfterMs === null) return;
    for (const object of [...this.#vault.objects()]) {
      if (object.lastModifiedMs < nowMs - expiresAfterMs) this.#vault.remove(object, 'version');
    }
  }

  #setWeather(nowMs: number): void {
    const { clockTrouble, listingTrouble } = this.#plan;
    const { weather } = this.#reader;
    const draw = this.#draw;
    const isInTrouble = draw.chance(clockTrouble);
    const hasDate = !isInTrouble || draw.chance(0.6);
    const offsetMs = isInTrouble ? this.#drawClockError(nowMs) : draw.int(-5, 5) * MINUTE_MS;
    this.#clock.nowMs = nowMs + offsetMs;
    weather.dateMs = () => (hasDate ? Math.floor(nowMs / 1000) * 1000 : null);
    this.#clockIsTrusted = hasDate && Math.abs(offsetMs) < 14 * MINUTE_MS;
    const lies = draw.chance(listingTrouble);
    const share = draw.pick([0.01, 0.3, 1]);
    weather.hides = lies ? () => draw.chance(share) : () => false;
    weather.isAway = draw.chance(listingTrouble / 3);
  }

  #drawClockError(nowMs: number): number {
    return this.#draw.pick([
      -nowMs,
      Date.UTC(2038, 0, 19) - nowMs,
      400 * DAY_MS,
      -400 * DAY_MS,
      this.#draw.int(-60, 60) * DAY_MS,
      20 * MINUTE_MS,
      0,
    ]);
  }

  /** Pins with and without an end; release of all freezes and acknowledgement of everything, wisely or not. */
  #ownerActs(nowMs: number, sinceMs: number): void {
    const { pins, acknowledges } = this.#plan;
    const { catalog } = this.#mirror.opened;
    const draw = this.#draw;
    const days = sinceMs / DAY_MS;
    if (draw.chance(pins * days)) {
      const ids = this.#witness.storedIds();
      if (ids.length > 0) {
        const expiresAtMs = draw.chance(0.5) ? null : nowMs + draw.int(1, 60) * DAY_MS;
        catalog.pins.pin({ archiveId: draw.pick(ids), pinnedAtMs: nowMs, reason: 'before the move', expiresAtMs });
        this.#count('pins', 1);
      }
    }
    if (!draw.chance(acknowledges * days)) return;
    const archives = openItems(catalog).map(({ archive }) => archive);
    resolveArchives(catalog, archives, { verb: 'acknowledge', cause: null }, this.#clock.nowMs);
    for (const { id } of catalog.freezes.open()) {
      catalog.freezes.release(id, 'released by the owner', this.#clock.nowMs);
      this.#count('freezes released', 1);
    }
  }

  #require(wrong: readonly string[], nowMs: number): void {
    if (wrong.length === 0) return;
    const more = wrong.length > 10 ? `\n… and ${wrong.length - 10} more` : '';
    throw new Error(
      `seed ${this.#plan.seed}, ${new Date(nowMs).toISOString()}:\n${wrong.slice(0, 10).join('\n')}${more}`,
    );
  }

  #count(what: string, more: number): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + more);
  }
}
