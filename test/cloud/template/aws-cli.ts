import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface AwsAccount {
  readonly endpoint: string;
  /** File with the certificate of an https endpoint. */
  readonly certificate?: string;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** The real aws-cli, before a server on this machine. */
export class AwsCli {
  readonly #account: AwsAccount;
  readonly #key: AccessKey;

  constructor(account: AwsAccount, key: AccessKey) {
    this.#account = account;
    this.#key = key;
  }

  as(key: AccessKey): AwsCli {
    return new AwsCli(this.#account, key);
  }

  /** The answer; `{}` for an empty one. Rejects with what the client wrote to its standard error. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of dozens of calls; each check compares the whole of what it looks at
  async ask(...args: readonly string[]): Promise<any> {
    const { endpoint, certificate } = this.#account;
    const options = ['--endpoint-url', endpoint, '--output', 'json'];
    const { stdout } = await run('aws', [...options, ...args], {
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
      env: {
        PATH: process.env.PATH,
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_DEFAULT_REGION: 'eu-central-1',
        AWS_MAX_ATTEMPTS: '1',
        AWS_ACCESS_KEY_ID: this.#key.id,
        AWS_SECRET_ACCESS_KEY: this.#key.secret,
        ...(certificate === undefined ? {} : { AWS_CA_BUNDLE: certificate }),
      },
    });
    return stdout.trim() === '' ? {} : JSON.parse(stdout);
  }

  /**
   * Makes or changes a stack by way of a change set, as the console does, and waits until that is done. Rejects, with the reasons, unless
   * it ended well.
   */
  async stack(type: 'CREATE' | 'UPDATE', name: string, templateFile: string): Promise<void> {
    const changes = ['--stack-name', name, '--change-set-name', `${type.toLowerCase()}-it`];
    const input = ['--template-body', `file://${templateFile}`, '--capabilities', 'CAPABILITY_NAMED_IAM'];
    await this.ask('cloudformation', 'create-change-set', ...changes, '--change-set-type', type, ...input);
    await until('the change set is ready', async () => {
      const { Status, StatusReason } = await this.ask('cloudformation', 'describe-change-set', ...changes);
      if (Status === 'FAILED') throw new Error(StatusReason);
      return Status === 'CREATE_COMPLETE';
    });
    await this.ask('cloudformation', 'execute-change-set', ...changes);
    await until(`${name}: ${type} is complete`, async () => {
      const { Stacks } = await this.ask('cloudformation', 'describe-stacks', '--stack-name', name);
      const status: string = Stacks[0].StackStatus;
      if (status === `${type}_COMPLETE`) return true;
      // An update that has not begun yet still shows how the stack was made.
      if (status.endsWith('_IN_PROGRESS') || status === 'CREATE_COMPLETE') return false;
      const { StackEvents } = await this.ask('cloudformation', 'describe-stack-events', '--stack-name', name);
      throw new Error(`${status}: ${JSON.stringify(StackEvents)}`);
    });
  }
}

/** Asks again until it is true. Rejects after half a minute. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`waited for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
