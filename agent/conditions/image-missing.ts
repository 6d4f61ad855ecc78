import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'The agent loads images from /usr/share/appliance-agent/images. Check that the archives are there, then run ' +
  'install.sh again: it makes them anew and leaves the rest as it is.';

export const imageMissing: Condition = {
  code: 'IMAGE_MISSING',
  severity: 'degraded',
  title: 'The Docker Engine does not have an image of the stack',
  check: 'Images',
  meaning:
    'Without its image a service can go on running but cannot be created or recreated. No registry is asked: the images ' +
    'come with the release, and the agent loads them into the engine by itself.',
  remedy: NEXT,
  dependsOn: ['ENGINE_UNREACHABLE'],
  evaluate: (facts) =>
    judge(facts.images, ({ missing }) =>
      missing.length === 0 ? good('all present') : bad(`missing: ${missing.join(', ')}`, NEXT),
    ),
};
