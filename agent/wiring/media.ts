import { memoryLevel } from '../conditions/memory-levels.ts';
import { askMedia } from '../probes/media/ask-media.ts';
import { createMediaWatch, type MediaTarget, type MediaWatch } from '../probes/media/media-watch.ts';
import type { Prober } from '../probes/prober.ts';
import type { SlowFacts } from '../reconcile/daemon-facts.ts';
import { COTURN, TURN_PORT } from '../stack/coturn.ts';
import { announcedAddresses, LIVEKIT_YAML } from '../stack/element-call/announced-addresses.ts';
import { sharesRooms } from '../stack/element-call/livekit-yaml.ts';
import { LIVEKIT, PORTS } from '../stack/element-call/names.ts';
import type { Parts } from './parts.ts';

/** The media probe of the stack element-call; the demonstration's SFU takes part in no call. */
export function watchMedia(
  { clock, run, look, memory, secrets, stack }: Parts,
  by: {
    readonly verdicts: Prober['verdicts'];
    readonly slow: () => SlowFacts;
    readonly onChange: () => void;
  },
): MediaWatch {
  function target(): MediaTarget {
    if (stack().name !== 'element-call') return { kind: 'none' };
    const lives = look.lives();
    const verdicts = by.verdicts(lives);
    const down = [LIVEKIT, COTURN].find((service) => verdicts.get(service)?.ok !== true);
    if (down !== undefined) return { kind: 'lost', why: `${down} does not serve` };
    const { backend, host } = look.placesOf(LIVEKIT);
    const elementCall = look.config()?.elementCall ?? null;
    if (elementCall !== null && sharesRooms(elementCall))
      return { kind: 'lost', why: 'a room of its own may be made on another appliance: join a call to see' };
    const keys = secrets.latest();
    const file = look.desired()?.files.find(({ path }) => path === LIVEKIT_YAML);
    if (backend === null || keys === null || file === undefined || host.startsWith('127.'))
      return { kind: 'lost', why: 'the stack is not complete, or this machine has no network' };
    const later = whyLater();
    if (later !== null) return { kind: 'later', why: later };
    const { livekitKey: key, livekitSecret: secret } = keys;
    return {
      kind: 'ask',
      key: JSON.stringify([backend, host, lives.get(LIVEKIT), lives.get(COTURN)]),
      probe: {
        sfu: { host: backend, port: PORTS.signalling, key, secret },
        relay: { address: host, port: TURN_PORT },
      },
      addresses: announcedAddresses(file.content),
    };
  }

  function whyLater(): string | null {
    if (memory.restraint.since() !== null) return 'the agent only observes';
    if (memory.history().underWay.size > 0) return 'something is being changed';
    const { memory: free } = by.slow();
    return free.known && memoryLevel(free.value) !== 'enough' ? 'memory is short' : null;
  }

  return createMediaWatch({ clock, target, probe: (whom) => askMedia(run, whom), onChange: by.onChange });
}
