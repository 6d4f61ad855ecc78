import { bad, good, judge, nothingHere } from './findings.ts';
import type { Condition } from './types.ts';

export const underVoltage: Condition = {
  code: 'UNDER_VOLTAGE',
  severity: 'degraded',
  title: 'The power supply gives too little voltage',
  check: 'Power supply',
  meaning:
    'The board measured too little voltage within the last seconds. It slows itself down, and may lose what it writes, or ' +
    'start anew, at the next peak. While it lasts, services are given twice the time before they are restarted.',
  remedy:
    'Use the supply that the maker of the board names, with its own cable; take off what draws power over USB. When it ' +
    'happened: `sudo journalctl -k | grep -i voltage`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ underVoltage: low }) => {
      if (low === null) return nothingHere;
      return low ? bad('too little within the last seconds', underVoltage.remedy) : good('enough voltage');
    }),
};
