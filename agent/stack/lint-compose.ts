import * as z from 'zod';
import { COTURN } from './coturn.ts';

/** Something in a compose file that the agent does not bring up. */
export interface ComposeProblem {
  /** e.g. `services.livekit.ports[0]`. */
  readonly place: string;
  readonly reason: string;
}

const documentSchema = z.looseObject({ services: z.record(z.string(), z.looseObject({})) });

type Service = Readonly<Record<string, unknown>>;

/** A rule finds where a service breaks it, relative to the service. */
interface Rule {
  readonly reason: string;
  readonly breaks: (service: Service, name: string) => readonly string[];
}

const RULES: readonly Rule[] = [
  {
    reason:
      'a port is published by the agent’s own table: for each port of a range Docker would start two docker-proxy processes, which hide clients’ addresses',
    breaks: ({ ports }) =>
      Array.isArray(ports) ? ports.map((_, index) => `ports[${index}]`) : defined('ports', ports),
  },
  {
    reason: 'only the relay may use the host’s network: the rules confine it, and nothing else there',
    breaks: ({ network_mode }, name) =>
      network_mode === 'host' && name !== COTURN
        ? ['network_mode']
        : otherNamespace('network_mode', network_mode),
  },
  {
    reason: 'a privileged container is root on this machine',
    breaks: ({ privileged }) => (privileged === true ? ['privileged'] : []),
  },
  {
    reason: 'a service has no capability of root',
    breaks: ({ cap_add }, name) =>
      list(cap_add).flatMap((capability, index) =>
        name === COTURN && capability === 'NET_BIND_SERVICE' ? [] : [`cap_add[${index}]`],
      ),
  },
  {
    reason: 'a service does not see the processes or the devices of this machine',
    breaks: ({ pid, ipc, userns_mode, devices }) => [
      ...otherNamespace('pid', pid),
      ...otherNamespace('ipc', ipc),
      ...otherNamespace('userns_mode', userns_mode),
      ...defined('devices', devices),
    ],
  },
  {
    reason: 'whoever has the engine’s socket is root on this machine',
    breaks: ({ volumes }) =>
      list(volumes).flatMap((volume, index) =>
        /(docker|containerd)\.sock|^(\/var)?(\/run)?\/?(:|$)/.test(sourceOf(volume))
          ? [`volumes[${index}]`]
          : [],
      ),
  },
];

/** What in a compose document is refused, by place and with the reason; nothing when it may be brought up. */
export function lintCompose(document: unknown): readonly ComposeProblem[] {
  const checked = documentSchema.safeParse(document);
  if (!checked.success) return [{ place: 'services', reason: 'there are no services in it' }];
  return Object.entries(checked.data.services).flatMap(([name, service]) =>
    RULES.flatMap(({ reason, breaks }) =>
      breaks(service, name).map((at) => ({ place: `services.${name}.${at}`, reason })),
    ),
  );
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const defined = (key: string, value: unknown): readonly string[] => (value === undefined ? [] : [key]);

/** Another's namespace: that of the host, of a container or of a service. */
function otherNamespace(key: string, value: unknown): readonly string[] {
  const others = key === 'network_mode' ? /^(container|service):/ : /^(host|container|service)/;
  return typeof value === 'string' && others.test(value) ? [key] : [];
}

function sourceOf(volume: unknown): string {
  if (typeof volume === 'string') return volume;
  const source = typeof volume === 'object' && volume !== null && 'source' in volume ? volume.source : '';
  return typeof source === 'string' ? source : '';
}
