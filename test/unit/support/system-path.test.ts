import test from 'ava';
import { needs } from '../../support/requirements.ts';
import { systemPath } from '../../support/system-path.ts';

test('the programs of npm packages are not those of the machine', (t) => {
  t.is(systemPath('/work/node_modules/.bin:/usr/sbin:/a/node_modules/.bin:/usr/bin'), '/usr/sbin:/usr/bin');
  // `ava` itself is there when these tests run under npm, and no appliance has it.
  t.regex(needs({ commands: ['sh', 'ava'] }) ?? '', /^needs ava \(run: /);
  t.is(needs({ commands: ['sh'] }), null);
});
