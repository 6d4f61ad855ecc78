import { run, runOk } from '../../agent/system/processes.ts';

export const HOST_ADDRESS = '198.18.77.1';
export const MACHINE_ADDRESS = '198.18.77.2';
const LINK = 'aa-install0';
const PEER = 'aa-install1';

/** A wire between this machine and the one to come; its other end waits in this machine for somebody to plug it in. */
export async function makeLink(): Promise<void> {
  await ip('link', 'add', LINK, 'type', 'veth', 'peer', 'name', PEER);
  await ip('addr', 'add', `${HOST_ADDRESS}/30`, 'dev', LINK);
  await ip('link', 'set', LINK, 'up');
}

export async function plugIn(leader: number): Promise<void> {
  await ip('link', 'set', PEER, 'netns', String(leader), 'name', 'eth0');
  const inside = ['-t', String(leader), '-n', 'ip'];
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['addr', 'add', `${MACHINE_ADDRESS}/30`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    ['route', 'replace', 'default', 'via', HOST_ADDRESS],
  ])
    await required('nsenter', [...inside, ...args]);
}

/** Puts this machine's own end of the wire into another machine, as its eth0: the two are alone with each other. */
export async function handOver(leader: number): Promise<void> {
  await ip('link', 'set', LINK, 'netns', String(leader), 'name', 'eth0');
  const inside = ['-t', String(leader), '-n', 'ip'];
  await required('nsenter', [...inside, 'addr', 'add', `${HOST_ADDRESS}/30`, 'dev', 'eth0']);
  await required('nsenter', [...inside, 'link', 'set', 'eth0', 'up']);
}

const ip = (...args: string[]) => required('ip', args);

function required(command: string, args: readonly string[]) {
  return runOk(run, command, args, {
    timeoutMs: 10_000,
    code: 'TEST_MACHINE',
    hint: 'The wire to the machine could not be made.',
  });
}

export async function removeLink(): Promise<void> {
  await run('ip', ['link', 'delete', LINK], { timeoutMs: 10_000 });
}
