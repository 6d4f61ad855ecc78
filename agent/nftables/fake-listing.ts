import type { FakeTable } from './fake-table.ts';
import type { Json, JsonObject } from './json.ts';
import type { Family } from './objects.ts';

/** What `nft -j list table` would print of the table. */
export function listingOf(family: Family, name: string, table: FakeTable): Json {
  const place = { family, table: name };
  const chains = [...table.chains].map(([chain, { base }]) => ({
    chain: { ...place, name: chain, ...hook(base) },
  }));
  return {
    nftables: [
      { metainfo: { version: 'fake', json_schema_version: 1 } },
      { table: { family, name } },
      ...[...table.counters].map(([counter, values]) => ({
        counter: { ...place, name: counter, ...values },
      })),
      ...[...table.collections].map(([collection, { type, flags, dynamic, map, elements }]) => ({
        [map === null ? 'set' : 'map']: {
          ...place,
          name: collection,
          type: type.length === 1 ? (type[0] ?? '') : type,
          ...(map === null ? {} : { map }),
          ...(flags.length === 0 ? {} : { flags }),
          ...(dynamic ? { timeout: dynamic.timeoutSeconds, size: dynamic.size } : {}),
          ...(elements.size === 0
            ? {}
            : {
                elem: [...elements.values()].map(({ key, value }) => (value === null ? key : [key, value])),
              }),
        },
      })),
      ...chains,
      ...[...table.chains].flatMap(([chain, { rules }]) =>
        rules.map((rule) => ({ rule: { ...place, chain, ...rule } })),
      ),
    ],
  };
}

function hook(base: { type: string; hook: string; priority: number; policy: string } | null): JsonObject {
  return base === null ? {} : { type: base.type, hook: base.hook, prio: base.priority, policy: base.policy };
}
