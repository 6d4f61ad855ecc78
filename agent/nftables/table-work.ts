import type { Deviation } from './deviations.ts';
import type { ListedTable } from './listed.ts';
import type { TableSpec } from './objects.ts';

/** What has to be done to a table, by the names of its objects; what is made anew is removed and made. */
export interface TableWork {
  readonly remove: Objects & { readonly others: readonly { readonly type: string; readonly name: string }[] };
  readonly make: Objects;
  /** Chains whose rules are stated again. */
  readonly restate: ReadonlySet<string>;
  readonly policies: readonly Extract<Deviation, { kind: 'policy' }>[];
  readonly elements: readonly Extract<Deviation, { kind: 'element' }>[];
}

interface Objects {
  readonly chains: ReadonlySet<string>;
  readonly sets: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly counters: ReadonlySet<string>;
}

/** The least that removes these deviations. */
export function workFor(deviations: readonly Deviation[]): TableWork {
  const of = <K extends Deviation['kind']>(kind: K) =>
    deviations.filter((deviation): deviation is Extract<Deviation, { kind: K }> => deviation.kind === kind);
  const redefined = of('redefined');
  const [removed, made] = [
    [...of('surplus'), ...redefined],
    [...of('missing'), ...redefined],
  ];
  return {
    remove: { ...objects(removed), others: removed.filter(({ type }) => !MODELLED.includes(type)) },
    make: objects(made),
    restate: new Set(of('rules').map(({ chain }) => chain)),
    policies: of('policy'),
    elements: of('element'),
  };
}

/** All of the table but its counters. */
export function everythingAnew(spec: TableSpec, listed: ListedTable): TableWork {
  const present = new Set(listed.counters.map(({ name }) => name));
  return {
    remove: {
      chains: names(listed.chains),
      sets: names(listed.sets),
      maps: names(listed.maps),
      counters: new Set([...present].filter((name) => !spec.counters.includes(name))),
      others: listed.others,
    },
    make: {
      chains: names(spec.chains),
      sets: names(spec.sets),
      maps: names(spec.maps),
      counters: new Set(spec.counters.filter((name) => !present.has(name))),
    },
    restate: new Set(),
    policies: [],
    elements: [],
  };
}

const MODELLED = ['chain', 'set', 'map', 'counter'];

function objects(list: readonly { readonly type: string; readonly name: string }[]): Objects {
  const of = (type: string) => names(list.filter((object) => object.type === type));
  return { chains: of('chain'), sets: of('set'), maps: of('map'), counters: of('counter') };
}

function names(list: readonly { readonly name: string }[]): Set<string> {
  return new Set(list.map(({ name }) => name));
}
