import type { Management } from '../config/firewall.ts';
import type { ListedTable } from '../nftables/index.ts';
import type { TableSpec } from '../nftables/objects.ts';
import type { RenderedFile, StackImage } from '../stack/types.ts';
import type { RotationStep } from './rotation-record.ts';
import type { Desired } from './types.ts';

/** One thing to do, as data. `why` is for people. */
export type Step =
  | { readonly kind: 'make-secrets'; readonly why: string }
  | RotationStep
  | {
      readonly kind: 'apply-table';
      readonly why: string;
      readonly table: TableSpec;
      /** `first`: this run has applied none yet; `drift`: somebody else changed it; `change`: we want another. */
      readonly occasion: 'first' | 'drift' | 'change';
      /** The table that was seen. */
      readonly present: ListedTable | null;
    }
  | {
      readonly kind: 'clean-conntrack';
      readonly why: string;
      readonly backends: Desired['backends'];
      readonly backends6: Desired['backends6'];
    }
  /** Writes down that a perimeter is on trial from now on: rules follow what is written down. */
  | {
      readonly kind: 'try-perimeter';
      readonly why: string;
      readonly management: Management;
      readonly lastsMs: number;
    }
  | { readonly kind: 'roll-back-perimeter'; readonly why: string }
  | { readonly kind: 'forget-perimeter'; readonly why: string }
  | {
      readonly kind: 'set-kernel';
      readonly why: string;
      /** Below /proc/sys, with slashes: the name of an interface may have dots. */
      readonly setting: string;
      readonly value: string;
    }
  | {
      readonly kind: 'open-forward-path';
      readonly why: string;
      /** The iptables, or ip6tables, that Docker uses. */
      readonly program: string;
    }
  | { readonly kind: 'load-image'; readonly why: string; readonly image: StackImage }
  /** Sets room aside for a full disk. */
  | { readonly kind: 'make-ballast'; readonly why: string; readonly bytes: number }
  | { readonly kind: 'release-ballast'; readonly why: string }
  /** From the engine; its archive stays. */
  | { readonly kind: 'remove-image'; readonly why: string; readonly image: StackImage }
  | { readonly kind: 'compose-down'; readonly why: string; readonly services: readonly string[] }
  /** Services that the configuration names no longer; what they keep on disk stays. */
  | {
      readonly kind: 'remove-services';
      readonly why: string;
      readonly services: readonly string[];
      readonly containerIds: readonly string[];
    }
  | {
      readonly kind: 'remove-network';
      readonly why: string;
      readonly network: { readonly id: string; readonly name: string };
    }
  | { readonly kind: 'write-files'; readonly why: string; readonly files: readonly RenderedFile[] }
  | {
      readonly kind: 'compose-up';
      readonly why: string;
      readonly services: readonly string[];
      /** `restart`: there is no container; `update`: their configuration changed, and nothing was wrong. */
      readonly rung: 'restart' | 'recreate' | 'update';
      readonly forceRecreate: boolean;
      /** Addresses that coturn is given, remembered once it runs with them. */
      readonly turnAddresses: readonly string[];
    }
  | {
      readonly kind: 'start-container';
      readonly why: string;
      readonly service: string;
      readonly containerId: string;
    }
  | {
      readonly kind: 'restart-container';
      readonly why: string;
      readonly service: string;
      readonly containerId: string;
    }
  | {
      readonly kind: 'reload-image';
      readonly why: string;
      readonly service: string;
      readonly containerId: string | null;
      readonly image: StackImage;
      readonly turnAddresses: readonly string[];
    }
  | {
      readonly kind: 'restart-stack';
      readonly why: string;
      /** For whose sake. */
      readonly service: string;
      readonly services: readonly string[];
      readonly turnAddresses: readonly string[];
    }
  | {
      readonly kind: 'restart-engine';
      readonly why: string;
      /** For whose sake: a service, or `engine`. */
      readonly subject: string;
      readonly services: readonly string[];
    }
  | { readonly kind: 'reboot'; readonly why: string; readonly services: readonly string[] }
  | { readonly kind: 'hold-service'; readonly why: string; readonly service: string }
  | { readonly kind: 'release-service'; readonly why: string; readonly service: string };

export interface Plan {
  readonly steps: readonly Step[];
  /** Milliseconds until something that is withheld now becomes due; null when nothing waits. */
  readonly dueInMs: number | null;
}
