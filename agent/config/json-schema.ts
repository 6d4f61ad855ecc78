import * as z from 'zod';
import { formatPath } from './problems.ts';
import { applianceSettings } from './schema.ts';
import { CONFIGURABLE_SERVICES, type ServiceConfig } from './services.ts';

const DURATION = { type: 'string', pattern: '^[0-9]+ ?(s|m|min|h|d)$' };
const SERVICE_SETTINGS: { readonly [Name in keyof Required<ServiceConfig>]: object } = {
  startup: { description: 'From its start to its first answer, at most.', ...DURATION },
  liveness: { description: 'So long it may be silent once it has answered.', ...DURATION },
  livenessMisses: { description: 'And so many questions in a row.', type: 'integer', minimum: 1 },
  readinessMisses: {
    description: 'After so many questions without an answer it does not serve.',
    type: 'integer',
    minimum: 1,
  },
  interval: { description: 'Between two questions while it serves.', ...DURATION },
  timeout: { description: 'For an answer.', ...DURATION },
  check: {
    description: 'A command that runs in the container now and then: with exit status 0 the service is well.',
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    maxItems: 32,
  },
};

/**
 * What an editor is told of each setting, in JSON Schema 2020-12. It is never stricter than the checks of the agent,
 * which know more: whether addresses overlap, what a port range may not contain. A setting that is not listed here is
 * still known by its name.
 */
const SETTINGS: Readonly<Record<string, object>> = {
  stack: {
    description: 'Which stack the appliance runs; embedded is a demonstration, and needs no domains.',
    enum: ['element-call', 'embedded'],
    default: 'element-call',
  },
  domains: { description: 'Names by which clients reach this machine.' },
  'domains.rtc': { description: 'The name by which everybody reaches calls.', type: 'string' },
  'domains.matrix': {
    description: 'The name of the homeserver, which only the VPN reaches.',
    type: 'string',
  },
  'domains.serverName': {
    description: 'What stands behind the colon in a user’s name. It can never be changed.',
    type: 'string',
  },
  'domains.turn': { description: 'The name of the relay, domains.rtc by default.', type: 'string' },
  certificates: {
    description: 'Where the certificates for these names come from.',
    type: 'object',
    properties: {
      kind: { enum: ['acme', 'files', 'private-ca'] },
      email: { description: 'With acme: an address that the authority may write to.', type: 'string' },
      certificate: { description: 'A PEM file for all names.', type: 'string' },
      key: { description: 'Its key, a PEM file.', type: 'string' },
      ca: { description: 'With private-ca: the certificate of that authority, a PEM file.', type: 'string' },
    },
    required: ['kind'],
  },
  vpn: { description: 'Who reaches the homeserver.' },
  'vpn.ranges': {
    description: 'The networks from which the homeserver can be reached, of both families.',
    type: 'array',
    items: { type: 'string' },
    minItems: 1,
  },
  network: { description: 'How clients reach this machine.' },
  'network.addresses': {
    description: 'The IPv4 addresses on which clients reach this machine: auto for all it has, or a list.',
    anyOf: [{ const: 'auto' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
    default: 'auto',
  },
  'network.subnet': {
    description: 'The private network between the containers, /16 to /28.',
    type: 'string',
    pattern: '^[0-9.]+/[0-9]+$',
  },
  'network.subnet6': {
    description: 'The same for IPv6: a private network (fc00::/7) of /64, or none.',
    type: 'string',
  },
  'network.publicAddresses': {
    description: 'Addresses that a router or a cloud translates one to one to those of this machine.',
    type: 'array',
    items: { type: 'string' },
  },
  turn: { description: 'coturn, the relay.' },
  'turn.realm': {
    description: 'The realm that coturn names to clients: a domain name. It need not exist in DNS.',
    type: 'string',
    maxLength: 127,
  },
  'turn.relayPorts': {
    description: 'The UDP ports that coturn relays from, both ends included, at least 16.',
    type: 'string',
    pattern: '^[0-9]+ ?- ?[0-9]+$',
    default: '49152-49663',
  },
  capacity: { description: 'How much the appliance is to carry.' },
  'capacity.participants': {
    description: 'How many people may be in calls at the same time.',
    type: 'integer',
    minimum: 2,
    maximum: 1000,
  },
  services: { description: 'What is special about one service, over what the hardware profile says of all.' },
  ...Object.fromEntries(
    CONFIGURABLE_SERVICES.flatMap((service) =>
      Object.entries(SERVICE_SETTINGS).map(([name, schema]) => [`services.${service}.${name}`, schema]),
    ),
  ),
  firewall: { description: 'What the firewall does about everything that is not the stack’s.' },
  'firewall.mode': {
    description:
      'publish closes nothing; observe says what enforce would close; enforce closes it, on trial first.',
    enum: ['publish', 'observe', 'enforce'],
  },
  'firewall.management': { description: 'From where, and on which ports, people manage this machine.' },
  'firewall.management.networks': {
    description: 'any, or a list of networks of both families.',
    anyOf: [{ const: 'any' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
  },
  'firewall.management.ports': {
    description: 'Ports: a number alone is a TCP port, else e.g. 51820/udp.',
    type: 'array',
    items: { type: ['integer', 'string'] },
    minItems: 1,
    default: [22],
  },
  'firewall.trial': {
    description: 'The time in which enforce must be confirmed.',
    type: 'string',
    default: '5min',
  },
  site: { description: 'How people find this machine where it stands.' },
  'site.hostname': {
    description: 'The name of this machine; auto keeps the one it has, unless that says nothing.',
    type: 'string',
    pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    default: 'auto',
  },
  'site.mdns': {
    description: 'Whether NAME.local is announced to the local network.',
    type: 'boolean',
    default: true,
  },
};

/** JSON Schema of `appliance.yaml`, for editors: the agent itself goes by its own checks. */
export function applianceJsonSchema(): z.core.JSONSchema.JSONSchema {
  const schema = z.toJSONSchema(applianceSettings, {
    io: 'output',
    unrepresentable: 'any',
    override: ({ jsonSchema, path }) => {
      // What has a default after parsing may be left out before.
      delete jsonSchema.required;
      Object.assign(jsonSchema, SETTINGS[formatPath(path.filter((part) => part !== 'properties'))]);
      // A section may be empty: that is what remains when every line in it is commented out.
      if (jsonSchema.type === 'object') Object.assign(jsonSchema, { type: ['object', 'null'] });
    },
  });
  return { ...schema, title: 'Configuration of the appliance agent' };
}
