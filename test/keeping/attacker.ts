import type { Seeded } from '../support/seeded.ts';
import type { SimulatedVault, Upload } from './simulated-vault.ts';
import { DAY_MS, type SeriesPlan, type WorldPlan } from './world-plan.ts';

/** More would test SQLite and not the rules. */
const MOST_UPLOADS = 1000;

/** Whoever owns web1: uploads whatever he likes under any name of that server, and where the vault is weak deletes and overwrites there. */
export class Attacker {
  readonly #plan: WorldPlan;
  readonly #draw: Seeded;
  readonly #own: readonly SeriesPlan[];
  #uploads = 0;

  constructor(plan: WorldPlan, draw: Seeded) {
    this.#plan = plan;
    this.#draw = draw;
    this.#own = plan.series.filter(({ server }) => server === 'web1');
  }

  /** What he uploads from `fromMs` (included) to `toMs`, in the order of time. */
  uploads(fromMs: number, toMs: number): Upload[] {
    const { attack, takeoverMs } = this.#plan;
    const beginsMs = Math.max(fromMs, takeoverMs + attack.waitsMs);
    if (beginsMs >= toMs || this.#own.length === 0) return [];
    const expected = (attack.perDay * (toMs - beginsMs)) / DAY_MS;
    const whole = Math.floor(expected) + (this.#draw.chance(expected % 1) ? 1 : 0);
    const count = Math.min(whole, MOST_UPLOADS - this.#uploads);
    this.#uploads += count;
    const momentMs = beginsMs + this.#draw.next() * (toMs - beginsMs);
    const times = Array.from({ length: count }, (_, index) => {
      if (attack.bursts) return Math.min(momentMs + index * 100, toMs - 1);
      return beginsMs + this.#draw.next() * (toMs - beginsMs);
    });
    return times.sort((a, b) => a - b).map((atMs) => this.#upload(Math.floor(atMs)));
  }

  /** How many objects he deletes in the vault now. */
  deletions(fromMs: number, toMs: number): number {
    const { attack, takeoverMs, weak } = this.#plan;
    if (!weak || toMs <= takeoverMs + attack.waitsMs) return 0;
    const expected = (attack.deletionsPerDay * (toMs - fromMs)) / DAY_MS;
    return Math.floor(expected) + (this.#draw.chance(expected % 1) ? 1 : 0);
  }

  /** Deletes something of his server, genuine or not. */
  deleteSomething(vault: SimulatedVault): void {
    const own = [...vault.listed('web1/', null)];
    if (own.length === 0) return;
    const newestFirst = own.sort((a, b) => b.lastModifiedMs - a.lastModifiedMs);
    const object = this.#draw.chance(0.5) ? this.#draw.pick(newestFirst.slice(0, 20)) : this.#draw.pick(newestFirst);
    vault.remove(object, this.#draw.chance(0.5) ? 'marker' : 'version');
  }

  #upload(atMs: number): Upload {
    const { attack } = this.#plan;
    const draw = this.#draw;
    const body = this.#body();
    return {
      key: this.#key(atMs),
      atMs,
      body,
      ...(draw.chance(attack.lies) ? { shownMs: this.#lie(atMs) } : {}),
      ...(draw.chance(attack.suspect) ? { uploaderSha256: 'ab'.repeat(32) } : {}),
      ...(draw.chance(attack.servedWrong) && Buffer.isBuffer(body) && body.length > 0 ? { servedWrong: true } : {}),
    };
  }

  #lie(atMs: number): number {
    const awayMs = this.#draw.next() ** 3 * 600 * DAY_MS;
    return this.#draw.chance(0.5) ? atMs + awayMs : atMs - awayMs;
  }

  #key(atMs: number): string {
    const { attack, beginMs, endMs } = this.#plan;
    const draw = this.#draw;
    if (draw.chance(attack.foreignName)) {
      return draw.pick(['web1/index.html', `web1/files/${draw.int(1, 50)}`, 'web1/files/9999-99-99.00.00.tar.gpg']);
    }
    const series = draw.pick(this.#own);
    const part = draw.pick([...series.parts, ...(series.parts.length > 1 ? ['j03', 'j99'] : [])]);
    if (draw.chance(attack.copiesGenuineName)) {
      // A name that the server has given, or will give.
      const nth = Math.floor((draw.next() * (endMs - beginMs)) / series.everyMs);
      return series.keyAt(series.phaseMs + nth * series.everyMs, part);
    }
    if (draw.chance(attack.datesInPast)) return series.keyAt(atMs - draw.next() ** 3 * 2000 * DAY_MS, part);
    if (draw.chance(attack.datesInFuture)) return series.keyAt(atMs + draw.next() ** 3 * 20_000 * DAY_MS, part);
    return series.keyAt(atMs, part);
  }

  #body(): Buffer | { readonly sizeBytes: number } {
    const draw = this.#draw;
    const filler = `junk ${draw.next()} `;
    if (!draw.chance(this.#plan.attack.oddSize)) return Buffer.from(filler.padEnd(draw.int(50, 80), '#'));
    return draw.pick([
      Buffer.alloc(0),
      Buffer.from('1'),
      Buffer.from(filler.padEnd(220, '#')),
      Buffer.from(filler.padEnd(400, '#')),
      { sizeBytes: 10 ** 13 },
    ]);
  }
}
