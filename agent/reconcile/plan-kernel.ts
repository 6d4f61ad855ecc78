import { reachableAddresses } from './addresses.ts';
import type { Desired, Observed, Step } from './types.ts';

/**
 * What IPv6 to containers needs of the kernel. Docker turns forwarding on for a network with IPv6, and a kernel that
 * forwards no longer follows router advertisements: a machine that has its address or its default route from them would
 * lose both. So the interfaces by which it is reached are first told to follow them all the same.
 */
export function planKernel(
  { ipv6, addresses, engine }: Observed,
  { networks: [published] }: Desired,
): Step[] {
  const { subnet6 } = published;
  if (ipv6 === null || subnet6 === null) return [];
  const networks = engine.ok ? engine.value.networks : [];
  const reachable = new Set(
    reachableAddresses(addresses, networks).map(({ interfaceName }) => interfaceName),
  );
  const steps: Step[] = ipv6.routedByAdvertisement
    .filter((name) => reachable.has(name))
    .map((name) => ({
      kind: 'set-kernel',
      why: `with IPv6 forwarding ${name} would lose the routes that routers advertise`,
      setting: `net/ipv6/conf/${name}/accept_ra`,
      value: '2',
    }));
  if (!ipv6.forwarding) {
    steps.push({
      kind: 'set-kernel',
      why: `IPv6 packets to the containers in ${subnet6} must be forwarded`,
      setting: 'net/ipv6/conf/all/forwarding',
      value: '1',
    });
  }
  return steps;
}
