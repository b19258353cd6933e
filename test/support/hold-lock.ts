/** Run as a program: takes the lock of the store named by its argument, says so, and holds it until it is killed. */
import { acquireStoreLock } from '../../src/store/store-lock.ts';

acquireStoreLock(process.argv[2] ?? '');
process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
