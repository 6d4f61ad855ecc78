import test, { type SerialFn, type TestFn } from 'ava';

export { type Needs, needs } from './requirements.ts';

/**
 * What to declare tests with: ava's `test.serial`, or, when there is a reason not to run, the same with every test
 * skipped and the reason said. ava runs no hooks of a file whose tests are all skipped.
 * Use: `const test = testWhen(needs({ root: true, commands: ['nft'] }));`
 */
export function testWhen<Context = unknown>(reason: string | null): SerialFn<Context> {
  const declare = (test as TestFn<Context>).serial;
  if (reason === null) return declare;
  return new Proxy(declare.skipIf(true), {
    apply(target, thisValue, args) {
      console.log(`SKIPPED ${String(args[0])}: ${reason}`);
      return Reflect.apply(target, thisValue, args);
    },
  });
}
