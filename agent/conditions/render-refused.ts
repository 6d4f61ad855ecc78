import { CERTIFICATE_REFUSED } from './certificate-refused.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

export const renderRefused: Condition = {
  code: 'RENDER_REFUSED',
  severity: 'degraded',
  title: 'A service of the stack would not take its configuration',
  check: 'Rendered files',
  meaning:
    'What the agent would write for this configuration lacks something, or a service would not start with it. It was ' +
    'refused before anything was written or stopped: the stack goes on as it is, and is healed.',
  remedy:
    'Follow the next step that is named. If there is none, go back to the configuration before, and report this: ' +
    'it is a mistake of the agent',
  dependsOn: ['CONFIG_REFUSED', 'IMAGE_MISSING'],
  evaluate: ({ refusal }) =>
    judge(refusal, (refused) =>
      refused === null || refused.code === CERTIFICATE_REFUSED
        ? good('every service would take its own')
        : bad(refused.message, refused.hint),
    ),
};
