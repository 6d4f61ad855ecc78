import { reachableAddresses } from './addresses.ts';
import type { Step } from './steps.ts';
import type { Desired, Observed } from './types.ts';

/** What packets to containers need of the kernel. */
export function planKernel(observed: Observed, desired: Desired): Step[] {
  return [...forwardIpv4(observed, desired), ...forwardIpv6(observed, desired)];
}

/**
 * Docker forwards IPv4 by itself, but where it keeps its rules with nftables (29). Only an engine that is up is known not
 * to: one that finds it done, before its iptables rules are made, leaves the containers of others open.
 */
function forwardIpv4({ forwardsIpv4, engine }: Observed, { networks: [{ subnet }] }: Desired): Step[] {
  if (forwardsIpv4 || !engine.ok) return [];
  return [
    {
      kind: 'set-kernel',
      why: `packets to the containers in ${subnet} must be forwarded`,
      setting: 'net/ipv4/ip_forward',
      value: '1',
    },
  ];
}

/**
 * Docker turns forwarding on for a network with IPv6, and a kernel that
 * forwards no longer follows router advertisements: a machine that has its address or its default route from them would
 * lose both. So the interfaces by which it is reached are first told to follow them all the same.
 */
function forwardIpv6({ ipv6, addresses, engine }: Observed, { networks: [published] }: Desired): Step[] {
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
