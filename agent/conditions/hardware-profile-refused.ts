import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

export const hardwareProfileRefused: Condition = {
  code: 'HARDWARE_PROFILE_REFUSED',
  severity: 'info',
  title: 'A hardware profile is refused',
  check: 'Hardware profile',
  meaning:
    'A file in /etc/appliance-agent/profiles.d has a mistake in it, or two profiles are for the same machine. The machine ' +
    'gets the best of the other profiles, which may not be the one that was meant.',
  remedy: 'Mend the file, then see what the machine gets: `agentctl profile match`',
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.hardware, ({ refused, profile, score }) =>
      refused.length === 0
        ? good(`${profile} (score ${score})`)
        : bad(
            refused.join('; '),
            'Mend it, then: `agentctl profile match`, `sudo systemctl restart appliance-agent`',
          ),
    ),
};
