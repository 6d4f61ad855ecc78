import { resolve } from 'node:path';
import test from 'ava';
import { createSurvey, surveyHardware } from '../../../agent/hardware/survey.ts';

const ports = {
  folders: {
    shipped: resolve(import.meta.dirname, '../../../firmware-profiles'),
    overrides: '/nonexistent',
  },
  record: { path: '/nonexistent/tune.json', bootId: 'this boot' },
};

test('a survey does not wait for the look at the machine, and knows it when that is done', async (t) => {
  const survey = createSurvey(ports);
  t.deepEqual(await survey.report(), { known: false, why: 'the hardware is being looked at' });
  await survey.looked;
  const report = await survey.report();
  t.true(report.known);
  if (!report.known) return;
  t.false(report.value.tuned, 'nothing was set in this boot');
  t.true(report.value.settings.some(({ name }) => name === 'net.core.rmem_max'));
  t.deepEqual(await surveyHardware(ports), report);
});

test('where there is no profile at all the report says so', async (t) => {
  const report = await surveyHardware({
    ...ports,
    folders: { shipped: '/nonexistent', overrides: '/nonexistent' },
  });
  t.like(report, {
    known: true,
    value: { profile: 'none', evidence: ['no profile is for this machine'], settings: [] },
  });
});
