import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/duration.ts';
import { createPromoter, type Promoter } from '../../../src/promoter/create-promoter.ts';
import type { Decision } from '../../../src/promoter/decision.ts';
import { createS3Storage } from '../../../src/promoter/s3-storage.ts';
import { StorageError } from '../../../src/promoter/storage-error.ts';
import type { SweepReport } from '../../../src/promoter/sweep-report.ts';
import { type Seeded, seeded } from '../../support/seeded.ts';
import { checkEnd } from './check-end.ts';
import { checkRequest, Ledger, shown } from './ledger.ts';
import { PLACES } from './places.ts';
import type { Stage } from './stage.ts';
import { type Actor, type Fault, type FaultKind, type SentRequest, Turns } from './turns.ts';
import { planUpload } from './uploads.ts';
import { type Delivery, World } from './world.ts';

/** What happened, by name: a run that never met a collision proves little. */
export type Tally = Map<string, number>;

const FAULTS: readonly FaultKind[] = ['dies-before', 'dies-after', 'lost', 'resent', 'refused', 'conflict'];
/** Lambda keeps an event for so long, and calls twice more. */
const EVENT_LIFE_MS = 6 * HOUR_MS;
const ATTEMPTS = 3;
/** S3 has no limit: long enough to be begun one day, and finished the day after the next. */
const LONGEST_UPLOAD_MS = 60 * HOUR_MS;

/**
 * One world from its first upload to the last sweep, everything in it drawn from the seed. Throws with the seed and the story of what happened
 * when anything is not as it must be (see interleavings.test.ts).
 */
export async function playWorld(stage: Stage, seed: number, tally: Tally): Promise<void> {
  const play = new Play(stage, seed, tally);
  try {
    await play.run();
  } catch (error) {
    const told = play.world.story.join('\n');
    throw new Error(`seed ${seed}, ${play.world.place.what} in ${play.world.place.timezone}\n${told}`, {
      cause: error,
    });
  } finally {
    play.turns.close();
  }
}

class Play {
  readonly world: World;
  readonly turns: Turns;
  readonly #seeded: Seeded;
  readonly #tally: Tally;
  readonly #ledger: Ledger;
  #checkedRequests = 0;
  /** Nobody disturbs any more, nothing goes wrong: then nothing may fail. */
  #mayFail = true;

  constructor(stage: Stage, seed: number, tally: Tally) {
    this.#seeded = seeded(seed);
    this.#tally = tally;
    const place = this.#seeded.pick(PLACES);
    stage.clock.nowMs = place.changeMs - this.#seeded.int(MINUTE_MS, 5 * HOUR_MS);
    this.world = new World(stage, place, `${seed}-${Date.now().toString(36)}`);
    this.#ledger = new Ledger(this.world);
    this.turns = new Turns({
      ...{ seeded: this.#seeded, config: stage.config, prepare: (client) => stage.prepare(client) },
      beforeTurn: () =>
        this.world.goOn(this.#seeded.chance(0.04) ? this.#seeded.int(0, 60_000) : this.#seeded.int(0, 400)),
    });
  }

  async run(): Promise<void> {
    const { inbox, vault } = this.world.settings;
    for (const bucket of [inbox, vault]) await this.world.stage.makeBucket(bucket);
    const steps = this.#seeded.int(6, 14);
    for (let step = 0; step < steps; step += 1) {
      this.#letTimePass();
      await this.#act(this.#drawActors());
    }
    await this.#comeToRest();
    checkEnd(this.world, this.#ledger);
  }

  #letTimePass(): void {
    const { world } = this;
    const toChangeMs = world.place.changeMs - world.nowMs;
    const kind = this.#seeded.int(1, 10);
    if (kind <= 3) world.goOn(this.#seeded.int(0, 20) * SECOND_MS);
    else if (kind <= 6) world.goOn(this.#seeded.int(1, 25) * MINUTE_MS);
    else if (kind <= 8) world.goOn(this.#seeded.int(25, 80) * MINUTE_MS);
    // To a few seconds around the change, where one is still to come.
    else if (toChangeMs > 5 * SECOND_MS) world.goOn(toChangeMs + this.#seeded.int(-5, 2) * SECOND_MS);
    else world.goOn(this.#seeded.int(2, 12) * HOUR_MS);
  }

  async #act(actors: readonly Actor[]): Promise<void> {
    await this.turns.run(actors, this.world.stage.systemClockOffset);
    for (const sent of this.turns.sent.slice(this.#checkedRequests)) {
      if (sent.actor.startsWith('promoter')) checkRequest(this.world.settings, sent);
      this.#countRequest(sent);
    }
    this.#checkedRequests = this.turns.sent.length;
    await this.#ledger.look();
  }

  #drawActors(): Actor[] {
    const draws = this.#seeded.int(1, 4);
    const actors: Actor[] = [];
    for (let index = 0; index < draws; index += 1) {
      const kind = this.#seeded.int(1, 100);
      if (kind <= 33) actors.push(this.#uploader());
      else if (kind <= 37) actors.push(...Array.from({ length: this.#seeded.int(3, 12) }, () => this.#flooder()));
      else if (kind <= 43) actors.push(this.#beginner());
      else if (kind <= 52) actors.push(...this.#finisher());
      else if (kind <= 56) actors.push(...this.#remover());
      else if (kind <= 66) actors.push(this.#sweeper(this.#drawFault()));
      else actors.push(...this.#deliverer());
    }
    return actors;
  }

  #uploader(): Actor {
    const plan = this.#plan();
    return this.#actor('uploader', async (client) =>
      this.#send(await this.world.put(client, plan, this.#seeded.int(0, 900))),
    );
  }

  /** The same name over and over. */
  #flooder(): Actor {
    const last = this.world.uploads.at(-1)?.plan ?? this.#plan();
    const { body } = this.#plan();
    const plan = { ...last, ...(last.hasGoodSize && body.length >= 10 && body.length <= 4000 ? { body } : {}) };
    return this.#actor('flooder', async (client) =>
      this.#send(await this.world.put(client, plan, this.#seeded.int(0, 900))),
    );
  }

  #beginner(): Actor {
    const plan = this.#plan();
    return this.#actor('beginner', (client) => this.world.begin(client, plan));
  }

  #finisher(): Actor[] {
    const { world } = this;
    const open = world.open.shift();
    if (open === undefined || world.nowMs - open.begunMs > LONGEST_UPLOAD_MS || open.plan.body.length === 0) return [];
    return [this.#actor('finisher', async (client) => this.#send(await world.end(client, open)))];
  }

  #remover(): Actor[] {
    const { world } = this;
    const left = world.uploads.filter(({ versionId, isLost }) => !isLost && this.#ledger.inInbox.has(versionId));
    if (left.length === 0) return [];
    const upload = this.#seeded.pick(left);
    if (this.#seeded.chance(0.3)) {
      const { inbox } = world.settings;
      upload.isArchived = world.stage.archive(inbox, upload.plan.key, upload.versionId);
      if (upload.isArchived) world.tell(`${shown(upload)} goes to the archive`);
      return [];
    }
    const how = this.#seeded.pick(['version', 'marker'] as const);
    world.tell(`remove ${shown(upload)} by ${how}`);
    return [this.#actor('remover', (client) => world.remove(client, upload, how))];
  }

  #plan() {
    return planUpload(this.#seeded, this.world.place.timezone, { keysArePaths: this.world.stage.keysArePaths });
  }

  /** The event of an upload sets out: once, twice, or never. */
  #send(upload: Awaited<ReturnType<World['put']>>): void {
    const { world } = this;
    const times = this.#seeded.chance(0.12) ? 0 : this.#seeded.chance(0.25) ? 2 : 1;
    world.tell(`uploaded ${shown(upload)}, ${times} messages`);
    const { plan, versionId, eventTimeMs } = upload;
    const event = { bucket: world.settings.inbox, key: plan.key, versionId, eventTimeMs };
    for (let index = 0; index < times; index += 1) {
      world.deliveries.push({ upload, event, attempts: 0, dueMs: eventTimeMs });
    }
  }

  /** Some events that are due, in any order; each to a function of its own. */
  #deliverer(): Actor[] {
    const { world } = this;
    const due = this.#due();
    const actors: Actor[] = [];
    for (let count = this.#seeded.int(1, 3); count > 0 && due.length > 0; count -= 1) {
      const [delivery] = due.splice(this.#seeded.int(0, due.length - 1), 1);
      if (delivery === undefined) break;
      world.deliveries.splice(world.deliveries.indexOf(delivery), 1);
      actors.push(this.#handler(delivery, this.#drawFault()));
    }
    return actors;
  }

  #due(): Delivery[] {
    const { deliveries, nowMs } = this.world;
    const isAlive = ({ event }: Delivery) => nowMs - event.eventTimeMs < EVENT_LIFE_MS;
    const gone = deliveries.filter((delivery) => !isAlive(delivery));
    for (const delivery of gone) deliveries.splice(deliveries.indexOf(delivery), 1);
    return deliveries.filter(({ dueMs }) => dueMs <= nowMs);
  }

  #handler(delivery: Delivery, fault: Fault | null): Actor {
    const { world } = this;
    const act = async (client: S3Client): Promise<void> => {
      try {
        const { kind, vaultKey } = await this.#promoter(client).handle(delivery.event);
        delivery.upload.isHeardOf = true;
        world.tell(`${kind} by event: ${shown(delivery.upload)} ${vaultKey}${faultWords(fault)}`);
      } catch (error) {
        if (!this.#mayFail || !isOfTheServer(error)) throw error;
        world.tell(`failed by event: ${shown(delivery.upload)}${faultWords(fault)}: ${String(error)}`);
        this.#count('an event failed');
        delivery.attempts += 1;
        delivery.dueMs = world.nowMs + this.#seeded.int(1, 3) * MINUTE_MS;
        // Sometimes none of its attempts comes to anything.
        if (delivery.attempts < ATTEMPTS && this.#seeded.chance(0.7)) world.deliveries.push(delivery);
      }
    };
    return this.#actor('promoter, event', act, fault);
  }

  #sweeper(fault: Fault | null, keep?: (report: SweepReport) => void): Actor {
    const act = async (client: S3Client): Promise<void> => {
      try {
        const report = await this.#promoter(client).sweep();
        this.world.tell(`swept: ${JSON.stringify(report.decisions)}, ${report.failed} failed${faultWords(fault)}`);
        keep?.(report);
      } catch (error) {
        if (!this.#mayFail || !isOfTheServer(error)) throw error;
        this.world.tell(`a sweep failed${faultWords(fault)}: ${String(error)}`);
      }
    };
    return this.#actor('promoter, sweep', act, fault);
  }

  #promoter(client: S3Client): Promoter {
    const { settings } = this.world;
    return createPromoter({
      ...{ settings, storage: createS3Storage(client, settings), now: () => this.world.nowMs },
      log: (entry) => {
        if (entry.event === 'decision') this.#countDecision(entry.during, entry.decision);
      },
    });
  }

  #drawFault(): Fault | null {
    if (!this.#seeded.chance(0.4)) return null;
    // Most of them where it hurts: an event is promoted by nine requests, of which the seventh completes the copy and the last deletes the upload.
    const atRequest = this.#seeded.chance(0.3) ? this.#seeded.int(1, 12) : this.#seeded.int(5, 9);
    return { kind: this.#seeded.pick(FAULTS), atRequest };
  }

  #actor(name: string, act: (client: S3Client) => Promise<unknown>, fault: Fault | null = null): Actor {
    const prepared = async (client: S3Client): Promise<unknown> => {
      try {
        return await act(client);
      } catch (error) {
        if (!(error instanceof S3ServiceException)) throw error;
        // A key that the server does not take; a version that the promoter was faster to remove.
        this.world.tell(`${name}: ${String(error)}`);
        this.#count(`${name} refused`);
        return null;
      }
    };
    return { name, fault, act: prepared };
  }

  /** No more faults: what can still come comes, and sweeps find the rest. */
  async #comeToRest(): Promise<void> {
    this.#mayFail = false;
    for (let due = this.#due(); this.world.deliveries.length > 0; due = this.#due()) {
      const [delivery] = due;
      if (delivery === undefined) this.world.goOn(MINUTE_MS);
      else {
        this.world.deliveries.splice(this.world.deliveries.indexOf(delivery), 1);
        await this.#act([this.#handler(delivery, null)]);
      }
    }
    this.world.goOn(DAY_MS + HOUR_MS);
    for (let sweeps = 0; sweeps < 8; sweeps += 1) {
      const reports: SweepReport[] = [];
      await this.#act([this.#sweeper(null, (report) => reports.push(report))]);
      const [report] = reports;
      if (report === undefined || report.failed > 0) throw new Error('a sweep without faults failed');
      const { promoted = 0, finished = 0 } = report.decisions;
      if (promoted + finished === 0) return;
    }
    throw new Error('eight sweeps have not come to rest');
  }

  #countDecision(during: 'event' | 'sweep', { kind, vaultKey }: Decision): void {
    this.#count(`${kind} during ${during === 'event' ? 'an event' : 'a sweep'}`);
    if (kind === 'promoted' && /\.\d\db\./.test(vaultKey ?? '')) this.#count('promoted in a repeated hour');
    if (kind === 'mismatch') throw new Error(`mismatch: ${vaultKey}`);
  }

  #countRequest({ actor, method, query, status }: SentRequest): void {
    this.#count('requests');
    if (actor.startsWith('promoter') && method === 'POST' && query.uploadId !== undefined) {
      this.#count(`a completion was answered ${status}`);
    }
  }

  #count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }
}

/** Anything else is a defect of the promoter. */
function isOfTheServer(error: unknown): boolean {
  return error instanceof StorageError || (error instanceof Error && /other writers were at work/.test(error.message));
}

function faultWords(fault: Fault | null): string {
  return fault === null ? '' : ` (${fault.kind} at request ${fault.atRequest})`;
}
