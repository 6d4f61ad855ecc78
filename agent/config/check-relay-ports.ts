import { type Checked, describeValue, invalid, shorten, valid } from './checked.ts';
import type { PortRange } from './schema.ts';

const EXAMPLE = 'e.g. 49152-49663';

/** About four allocations for a relayed participant: fewer would not carry one call of four. */
const SMALLEST = 16;

/** Ports that the appliance uses, or keeps closed, for something else. */
const TAKEN = [
  { from: 3478, to: 3478, use: 'on which coturn listens' },
  { from: 5349, to: 5349, use: 'which stays closed' },
  { from: 7880, to: 7882, use: 'which belong to LiveKit' },
];

/** A range of ports written `FROM-TO`, both included, that coturn can relay from. */
export function checkRelayPorts(value: unknown): Checked<PortRange> {
  const text = typeof value === 'string' ? value : '';
  const match = /^(\d+) ?- ?(\d+)$/.exec(text);
  const range = { from: Number(match?.[1]), to: Number(match?.[2]) };
  if (match === null || range.from < 1 || range.from > 65535 || range.to < 1 || range.to > 65535) {
    const given = text === '' ? describeValue(value) : shorten(text);
    return invalid(`${given} is not a port range`, `ports are 1 to 65535, ${EXAMPLE}`);
  }
  if (range.from > range.to)
    return invalid(`${text} is reversed`, `write the lower port first: ${range.to}-${range.from}`);
  if (range.from < 1024) {
    return invalid(
      `${text} begins below 1024`,
      `coturn does not run as root and cannot use those ports; ${EXAMPLE}`,
    );
  }
  const taken = TAKEN.find(({ from, to }) => range.from <= to && from <= range.to);
  if (taken !== undefined) {
    const ports = taken.from === taken.to ? `port ${taken.from}` : `ports ${taken.from}-${taken.to}`;
    return invalid(`${text} overlaps ${ports}, ${taken.use}`, `use a range clear of them, ${EXAMPLE}`);
  }
  const size = range.to - range.from + 1;
  if (size < SMALLEST)
    return invalid(`${text} is only ${size} ports`, `use at least ${SMALLEST} ports, ${EXAMPLE}`);
  return valid(range);
}
