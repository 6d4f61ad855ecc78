import { DEFAULT_CONFIG, type ElementCallConfig } from '../../../../agent/config/schema.ts';
import type { RenderedFile, RenderInput, StackImage } from '../../../../agent/stack/types.ts';
import { secrets } from '../../reconcile/world.ts';

export const image = (service: string): StackImage => ({
  service,
  reference: `example.test/${service}:1.2.3`,
  imageId: `sha256:${'a'.repeat(64)}`,
  archive: `${service}.tar`,
  archiveSha256: 'b'.repeat(64),
});

export const elementCall: ElementCallConfig = {
  role: 'all',
  primary: null,
  mediaNodes: [],
  domains: {
    rtc: 'rtc.example.org',
    matrix: 'matrix.example.org',
    serverName: 'example.org',
    turn: 'rtc.example.org',
  },
  vpn: { ranges: ['10.8.0.0/24'] },
  certificates: { kind: 'acme', email: null },
};

/** An appliance with one public address and one in its VPN. */
export const plain: RenderInput = {
  config: { ...DEFAULT_CONFIG, stack: 'element-call', elementCall },
  certificates: null,
  addresses: ['10.8.0.1', '203.0.113.7'],
  secrets,
  images: ['livekit', 'coturn', 'lk-jwt', 'tuwunel', 'traefik', 'redis'].map(image),
  directory: '/var/lib/appliance-agent/stack',
  dataDirectory: '/var/lib/appliance-agent/data',
};

/** The same with another configuration of its stack, of its network, or of anything else. */
export function changed(
  changes: {
    readonly elementCall?: Partial<ElementCallConfig>;
    readonly network?: Partial<RenderInput['config']['network']>;
    readonly config?: Partial<RenderInput['config']>;
  },
  input: Partial<RenderInput> = {},
): RenderInput {
  const { config } = plain;
  return {
    ...plain,
    ...input,
    config: {
      ...config,
      ...changes.config,
      network: { ...config.network, ...changes.network },
      elementCall: { ...elementCall, ...changes.elementCall },
    },
  };
}

const FILES = { certificate: '/tls/certificate.pem', key: '/tls/key.pem' };
const PEM = { certificate: 'the certificate\n', key: 'the key\n' };

/** Appliances as they stand about, by what is special about each. */
export const APPLIANCES: Readonly<Record<string, RenderInput>> = {
  plain,
  nat: changed(
    { network: { addresses: ['192.168.1.5'], publicAddresses: ['203.0.113.7'], subnet6: 'none' } },
    { addresses: ['192.168.1.5'] },
  ),
  ipv6: changed({
    network: { publicAddresses: ['2001:db8::7'] },
    elementCall: {
      vpn: { ranges: ['10.8.0.0/24', 'fd00:8::/64'] },
      certificates: { kind: 'acme', email: 'admin@example.org' },
    },
  }),
  'private-ca': changed(
    {
      elementCall: {
        domains: { ...elementCall.domains, serverName: 'matrix.example.org', turn: 'turn.example.org' },
        certificates: { kind: 'private-ca', ...FILES, ca: '/tls/ca.pem' },
      },
    },
    { certificates: { ...PEM, ca: 'the authority\n' } },
  ),
  files: changed(
    {
      elementCall: { certificates: { kind: 'files', ...FILES } },
      config: {
        turn: { realm: 'example.org', relayPorts: { from: 50000, to: 50099 } },
        capacity: { participants: 25 },
      },
    },
    { certificates: { ...PEM, ca: null } },
  ),
  helped: changed({ elementCall: { mediaNodes: ['10.8.0.12', '10.8.0.13'] } }),
  media: changed(
    {
      elementCall: {
        role: 'media',
        primary: '10.8.0.1',
        domains: { ...elementCall.domains, turn: 'relay2.example.org' },
      },
    },
    { addresses: ['10.8.0.12', '203.0.113.8'], images: ['livekit', 'coturn'].map(image) },
  ),
};

/** All that is rendered as one text, with whose each file is. */
export function asText(files: readonly RenderedFile[]): string {
  return files
    .map(({ path, mode, owner, secret, content }) => {
      const heading = `${path} 0${mode.toString(8)} ${owner.uid}:${owner.gid}${secret ? ' secret' : ''}`;
      return `==== ${heading}\n${content}`;
    })
    .join('\n');
}
