import { stringify } from 'yaml';
import { AgentError } from '../system/errors.ts';
import type { RenderInput } from './types.ts';

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** What every service of every stack has: no privilege, nothing to write, bounded logs, never a registry. */
export function hardened(image: string, user: User) {
  return {
    image,
    pull_policy: 'never',
    restart: 'unless-stopped',
    stop_grace_period: '5s',
    user: `${user.uid}:${user.gid}`,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  };
}

/** coturn as every stack runs it, without its files. */
export function coturnContainer(image: string, user: User) {
  return {
    ...hardened(image, user),
    mem_limit: '256m',
    pids_limit: 256,
    // Two sockets an allocation, and the listeners.
    ulimits: { nofile: { soft: 8192, hard: 8192 } },
    network_mode: 'host',
    // As process 1 it would not notice SIGTERM, for which it has no handler. It has nothing to save.
    stop_signal: 'SIGKILL',
    tmpfs: ['/tmp:size=16m,mode=1777'],
  };
}

/** A file or folder of ours as a service sees it. That it is missing is an error, not a reason to make a folder. */
export function mounted(source: string, target: string, access: 'read' | 'write' = 'read') {
  return {
    type: 'bind',
    source,
    target,
    ...(access === 'read' ? { read_only: true } : {}),
    bind: { create_host_path: false },
  };
}

/** The labels by which the agent knows whose a container is, and what it was made from. */
export function labelled(stack: string, service: string, definition: object, generationName: string) {
  return {
    ...definition,
    labels: {
      'org.appliance-agent.stack': stack,
      'org.appliance-agent.service': service,
      'org.appliance-agent.generation': generationName,
    },
  };
}

/** The reference of a service's image. Error: IMAGES_MISSING. */
export function imageOf({ images }: Pick<RenderInput, 'images'>, service: string): string {
  const image = images.find((candidate) => candidate.service === service);
  if (image !== undefined) return image.reference;
  throw new AgentError({
    code: 'IMAGES_MISSING',
    message: `there is no image of ${service} among those of this appliance`,
    hint: 'Import the images of the stack, all of them: /opt/appliance-agent/current/bin/node /opt/appliance-agent/current/import-images.js.',
  });
}

/** A compose document as text. A dollar sign is a variable to Compose; an anchor is one more thing to follow. */
export function composeText(document: object): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }).replaceAll('$', '$$$$');
}
