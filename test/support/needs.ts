import test, { type SerialFn, type TestFn } from 'ava';
import { DEBIAN_VARIABLE } from './requirements.ts';

export { type Needs, needs } from './requirements.ts';

/**
 * What to declare tests with: ava's `test.serial`, or, when there is a reason not to run, the same with every test
 * skipped and the reason said. ava runs no hooks of a file whose tests are all skipped. On the programs of another
 * Debian than this machine's each title begins with its name.
 * Use: `const test = testWhen(needs({ root: true, commands: ['nft'] }));`
 */
export function testWhen<Context = unknown>(reason: string | null): SerialFn<Context> {
  const declare = (test as TestFn<Context>).serial;
  const debian = process.env[DEBIAN_VARIABLE];
  return new Proxy(reason === null ? declare : declare.skipIf(true), {
    apply(target, thisValue, [title, ...rest]) {
      const whole = debian === undefined ? title : `${debian}: ${title}`;
      if (reason !== null) console.log(`SKIPPED ${whole}: ${reason}`);
      return Reflect.apply(target, thisValue, [whole, ...rest]);
    },
  });
}
