import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARTIAL_FOLDER, PRIVATE_FOLDER } from '../../src/store/store-layout.ts';
import { FinalNames } from './final-names.ts';
import { BUCKET, type KnownVault, USER } from './known-vault.ts';
import { mustBeDone, type Running, startProgram } from './program-process.ts';

const VAULT = 'web';

/** A store with a configuration of its own, and the program to work on it. */
export class KilledStore {
  readonly root: string;
  readonly vaultDir: string;
  readonly stateDir: string;
  readonly finalNames: FinalNames;
  readonly #dir: string;
  readonly #argv: readonly [program: string, ...args: string[]];

  private constructor(program: string, parent: string, vault: KnownVault, yaml: string) {
    this.#dir = mkdtempSync(join(parent, 'store-'));
    this.root = join(this.#dir, 'store');
    this.vaultDir = join(this.root, VAULT);
    this.stateDir = join(this.#dir, 'state');
    this.finalNames = new FinalNames(this.vaultDir, vault.archives);
    const configFile = join(this.#dir, 'config.yaml');
    this.#argv = [program, '--config', configFile];
    for (const name of ['store', 'state']) mkdirSync(join(this.#dir, name));
    const credentials = `aws_access_key_id = ${USER.accessKeyId}\naws_secret_access_key = ${USER.secretAccessKey}`;
    writeFileSync(join(this.#dir, 'credentials'), `[default]\n${credentials}\n`, { mode: 0o600 });
    writeFileSync(configFile, configText(this.#dir, vault.url) + yaml);
  }

  /** @param program src/cli.ts or dist/cli.js; @param parent where its directory is made; @param yaml more of the configuration */
  static async create(program: string, parent: string, vault: KnownVault, yaml = ''): Promise<KilledStore> {
    const store = new KilledStore(program, parent, vault, yaml);
    await store.run('init', store.root, '--not-a-mount');
    return store;
  }

  start(...args: readonly string[]): Running {
    return startProgram([...this.#argv, ...args]);
  }

  /** To its end, which must be a good one. */
  async run(...args: readonly string[]): Promise<void> {
    mustBeDone(await this.start(...args).ended);
  }

  partials(): string[] {
    const partialDir = join(this.root, PRIVATE_FOLDER, PARTIAL_FOLDER);
    return readdirSync(partialDir).map((name) => join(partialDir, name));
  }

  /** Downloads that are linked under their final names and not yet unlinked from where they were downloaded. */
  linkedPartials(): string[] {
    return this.partials().filter((path) => statSync(path).nlink > 1);
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function configText(dir: string, endpoint: string): string {
  return `
timezone: UTC
store: { path: ${join(dir, 'store')}, minFree: 1MB }
state: ${join(dir, 'state')}
vaults:
  - name: ${VAULT}
    bucket: ${BUCKET}
    region: eu-central-1
    endpoint: "${endpoint}"
    forcePathStyle: true
    credentials: { file: ${join(dir, 'credentials')} }
`;
}
