import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bannerText, createBanner } from '../../../agent/control/banner.ts';
import { livekitDown, wellStatus } from './a-status.ts';

test('the banner says the state, what is wrong, and where to reach the machine', (t) => {
  const addresses = ['192.0.2.10', '2001:db8::10'];
  const well = bannerText(wellStatus, addresses, false);
  t.regex(well, /OK, all services are serving$/m);
  t.regex(well, /^Reach it at: \\n {2}192\.0\.2\.10 {2}2001:db8::10$/m);
  t.regex(bannerText(wellStatus, [], false), /^Reach it at: \\n {2}no network yet$/m);
  const ill = bannerText(
    {
      ...wellStatus,
      overall: 'critical',
      problems: [{ ...livekitDown, title: 'A \\d service is down' }],
    },
    addresses,
    true,
  );
  t.regex(ill, /^Reach it at: \\n\.local {2}192\.0\.2\.10 /m, 'mDNS leads to its name');
  t.regex(ill, /CRITICAL, A \/d service is down$/m, 'no escape of agetty comes from a problem');
});

test('while the machine is being set up the banner names the step', (t) => {
  const steps = [{ name: 'images', state: 'running', finishedAt: null, detail: '' }] as const;
  const text = bannerText(
    { ...wellStatus, overall: 'unknown', provisioning: { state: 'running', steps } },
    [],
    false,
  );
  t.regex(text, /being set up: images$/m);
});

test('a service that was just made is not said to serve', (t) => {
  const [first, ...others] = wellStatus.services;
  if (first === undefined) return t.fail();
  const withFirst = (change: Partial<typeof first>) =>
    bannerText({ ...wellStatus, services: [{ ...first, ...change }, ...others] }, [], false);
  t.regex(
    withFirst({ probe: null }),
    new RegExp(`OK, just started, and not asked yet whether they serve: ${first.name}$`, 'm'),
  );
  t.regex(withFirst({ state: 'created' }), new RegExp(`not running at the moment: ${first.name}$`, 'm'));
});

test('prompts are told only of news, and only where they wait', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-banner-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const paths = {
    issue: join(directory, 'issue'),
    gettyReload: join(directory, 'agetty.reload'),
    siteRecord: join(directory, 'site.json'),
  };
  const banner = createBanner(paths);
  await banner.show(wellStatus, []);
  t.regex(await readFile(paths.issue, 'utf8'), /OK/);
  await t.throwsAsync(stat(paths.gettyReload), { code: 'ENOENT' });

  await writeFile(paths.gettyReload, '');
  await utimes(paths.gettyReload, 1, 1);
  await banner.show(wellStatus, []);
  t.is((await stat(paths.gettyReload)).mtimeMs, 1000);
  await banner.show(wellStatus, ['192.0.2.10']);
  t.true((await stat(paths.gettyReload)).mtimeMs > 1000);
});
