import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

export const tooHot: Condition = {
  code: 'TOO_HOT',
  severity: 'degraded',
  title: 'The processor is so hot that it is slowed down',
  check: 'Temperature',
  meaning:
    'From the temperature that the hardware profile names, the processor lowers its clock. Calls with many participants ' +
    'stutter, and the machine may switch itself off when it gets hotter.',
  remedy: 'Let air to the machine: a free place, clean vents, a fan that turns. See what it does: `top`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ temperature: { now, high } }) => {
      if (now === null || high === null) return good(now === null ? 'no sensor' : `${now} °C`);
      const evidence = `${now} °C, of ${high} °C`;
      return now < high ? good(evidence) : bad(evidence, tooHot.remedy);
    }),
};
