import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

/** So near to where the kernel switches the machine off, it may happen any minute. */
const NEAR_DEGREES = 5;

export const tooHot: Condition = {
  code: 'TOO_HOT',
  severity: 'degraded',
  title: 'The processor is so hot that it is slowed down',
  check: 'Temperature',
  meaning:
    'From the temperature that the hardware profile names, or else the hardware, the processor lowers its clock; some count ' +
    'how often they did, and that is believed too. Calls with ' +
    'many participants stutter; near the temperature at which the kernel switches the machine off this is critical. While ' +
    'it lasts, services are given twice the time before they are restarted: a restart makes nothing cooler.',
  remedy: 'Let air to the machine: a free place, clean vents, a fan that turns. See what it does: `top`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ temperature: { now, high, critical }, throttled }) => {
      const off = critical === null ? '' : `; at ${critical} °C it is switched off`;
      const isNear = now !== null && critical !== null && now >= critical - NEAR_DEGREES;
      if (isNear) return bad(`${now} °C${off}`, tooHot.remedy, 'critical');
      if (throttled) {
        const at = now === null ? '' : `, at ${now} °C now${off}`;
        return bad(`it slowed itself down for heat again and again in the last minutes${at}`, tooHot.remedy);
      }
      if (now === null) return good('no sensor');
      if (high === null) return good(`${now} °C`);
      const evidence = `${now} °C, of ${high} °C`;
      return now < high ? good(evidence) : bad(evidence + off, tooHot.remedy);
    }),
};
