import type { MediaStatus } from '../control/status.ts';
import { bad, cannotTell, good, judge, nothingHere } from './findings.ts';
import type { Condition } from './types.ts';

type Path = MediaStatus['paths'][number];

const NAMES: Readonly<Record<Path['path'], string>> = {
  signalling: 'signalling',
  udp: '7882/udp',
  tcp: '7881/tcp',
  relay: 'the relay',
};
const NEXT =
  'Prove each link: `sudo agentctl verify`. See whether packets come in and what blocks them: `agentctl firewall show`; what ' +
  'was said: `sudo agentctl logs livekit`, `sudo agentctl logs coturn`';

export const mediaUnreachable: Condition = {
  code: 'MEDIA_UNREACHABLE',
  severity: 'degraded',
  title: 'Media does not reach LiveKit',
  check: 'Media paths',
  seenAs: ['ICE failed'],
  meaning:
    'Every ten minutes the agent joins a room of its own on LiveKit, as a participant whom nobody sees, and completes ICE ' +
    'checks as a client does: over 7882/udp, over 7881/tcp and through the relay. Twice in a row one of them did not work. ' +
    'As long as another one does, calls go on over that, with more delay; when none does, or signalling fails, there are no ' +
    'calls. It is asked from this machine: that it works does not say that it works from outside.',
  remedy: NEXT,
  dependsOn: ['ENGINE_UNREACHABLE', 'SERVICE_DOWN', 'TABLE_DRIFTED'],
  evaluate: (facts) =>
    judge(facts.media, (media) => {
      if (media === null) return nothingHere;
      const failing = media.paths.filter(({ ok }) => ok === false);
      const works = media.paths.filter(({ ok }) => ok === true);
      if (failing.length > 0) {
        const noCalls =
          failing.some(({ path }) => path === 'signalling') ||
          !works.some(({ path }) => path !== 'signalling');
        return bad(failing.map(inWords).join('; '), NEXT, noCalls ? 'critical' : 'degraded');
      }
      if (works.length < media.paths.length) return cannotTell('it failed once and is asked again');
      const times = works.map(({ path, roundTripMs }) => `${NAMES[path]} ${roundTripMs ?? '?'} ms`);
      return good(`from this machine, at ${media.at}: ${times.join(', ')}; from outside it cannot be seen`);
    }),
};

const inWords = ({ path, since, detail }: Path) => `${NAMES[path]} since ${since ?? '?'}: ${detail}`;
