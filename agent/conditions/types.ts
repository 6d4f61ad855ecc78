import type { MediaStatus, PerimeterStatus, Severity } from '../control/status.ts';
import type { HardwareReport } from '../hardware/survey.ts';
import type { StoreCondition } from '../store/types.ts';

/** A fact, or why it cannot be known: "cannot know" is never reported as "bad". */
export type Known<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string };

/** What the conditions look at. The daemon gathers it for the status, `agentctl doctor` for the terminal. */
export interface Facts {
  readonly config: Known<{ readonly accepted: boolean; readonly error: string; readonly hint: string }>;
  /** `damaged` is what doctor finds while the agent is silent; the agent itself never goes on with such a one. */
  readonly database: Known<
    Omit<StoreCondition, 'state'> & { readonly state: StoreCondition['state'] | 'damaged' }
  >;
  readonly engine: Known<{
    readonly version: string;
    readonly error: string | null;
    /** When an operator stopped it, ISO 8601; null when nobody did, or nobody can tell. */
    readonly stoppedAt: string | null;
  }>;
  readonly compose: Known<{ readonly version: string | null; readonly detail: string }>;
  readonly table: Known<{
    readonly state: 'in-sync' | 'drifted' | 'failed';
    readonly differences: readonly string[];
  }>;
  readonly forwardPath: Known<
    ForwardPath & {
      /** Each iptables in whose filter table somebody wrote, e.g. `iptables-legacy`. */
      readonly inUse: readonly string[];
      /** The same for IPv6; null where Docker writes no rules for it, which is what it does before 27 unless told to. */
      readonly ipv6: ForwardPath | null;
    }
  >;
  /** How Docker was told to keep its firewall rules. */
  readonly dockerRules: Known<DockerRules>;
  /** What rules of others do to our traffic. */
  readonly foreignRules: Known<{
    /** These drop every packet of the flows. */
    readonly drops: readonly ForeignRule[];
    /** These drop some of them, by what cannot be decided here. */
    readonly mayDrop: readonly ForeignRule[];
    /** What could not be read, and why. */
    readonly unread: readonly string[];
  }>;
  /** Programs outside the stack that wait on ports of the stack. */
  readonly portHolders: Known<readonly PortHolder[]>;
  /** What else on this machine writes firewall rules. Null: it does not. */
  readonly otherFirewalls: Known<{
    readonly flushing: string | null;
    readonly ufw: string | null;
    readonly firewalld: string | null;
  }>;
  /** Null: none is asked for. */
  readonly perimeter: Known<PerimeterStatus | null>;
  /** Why the agent only observes; null when it acts. */
  readonly restraint: Known<string | null>;
  /** The last time somebody else changed our table, while that is news; null when it is not. */
  readonly recentDrift: Known<{ readonly at: string; readonly what: string } | null>;
  /** Why clients of the homeserver are not told of the SFU, null where they are; null where there is no homeserver. */
  readonly discovery: Known<{ readonly fault: string | null } | null>;
  /** What the media probe saw; null where there is no SFU to ask. */
  readonly media: Known<MediaStatus | null>;
  /** Failures known from the field that the logs of our services told of lately. */
  readonly symptoms: Known<readonly SeenSymptom[]>;
  /** Why the stack's files were not made; null when nothing was in the way. */
  readonly refusal: Known<{ readonly code: string; readonly message: string; readonly hint: string } | null>;
  /** Why a secret on disk was refused; null when none was. */
  /** `rotating`: how far rotations under way have come; null when there is none. */
  readonly secrets: Known<{ readonly refused: string | null; readonly rotating: string | null }>;
  readonly dockerProxies: Known<{
    readonly count: number;
    /** Memory with shared pages counted in part; null when it cannot be read without root. */
    readonly pssBytes: number | null;
    readonly rssBytes: number;
    /** Ports on the host that they hold, e.g. `7882/udp`. */
    readonly ports: readonly string[];
  }>;
  /** Whether something listens on 5349/tcp or 5349/udp. */
  readonly turnsListener: Known<{ readonly open: boolean; readonly detail: string }>;
  /** Connections that the kernel tracks, and its limit. */
  readonly conntrack: Known<{ readonly count: number; readonly max: number }>;
  readonly disks: Known<readonly (DiskSpace & { readonly mount: string })[]>;
  /** Bytes that are set aside for a full disk; null when there are none. */
  readonly ballast: Known<number | null>;
  readonly memory: Known<{
    readonly availableBytes: number;
    readonly totalBytes: number;
    /** Percent of the last minute in which all programs waited for it; null when the kernel does not tell. */
    readonly waitedPercent: number | null;
  }>;
  readonly clock: Known<{
    readonly wall: string;
    readonly synchronized: boolean | null;
    readonly detail: string;
  }>;
  /** The profile of this machine, and how its settings stand. */
  readonly hardware: Known<HardwareReport>;
  readonly images: Known<{ readonly missing: readonly string[] }>;
  readonly services: Known<
    readonly {
      readonly name: string;
      readonly state: string;
      /** Null while it was not probed. */
      readonly serving: boolean | null;
      /** Null when only the agent knows, and it is silent. */
      readonly held: boolean | null;
      /** A service that this one needs and that does not serve; what is wrong with this one then means nothing. */
      readonly waitsFor?: string | null;
      /** How often it ended lately, when that is too often; absent where only the agent remembers. */
      readonly failures?: string | null;
      readonly detail: string;
    }[]
  >;
}

/** What the services said of a failure, in words without secrets. */
export interface SeenSymptom {
  /** Of the condition that explains it. */
  readonly code: string;
  /** With how often and when it was seen. */
  readonly evidence: string;
}

/** How full a filesystem is. */
export interface DiskSpace {
  readonly availableBytes: number;
  readonly sizeBytes: number;
  /** How many more files it can hold, and how many at all; null where it has no such limit. */
  readonly files: { readonly available: number; readonly most: number } | null;
}

/** Whether what we published gets through the filter table of iptables, or of ip6tables. */
export interface ForwardPath {
  readonly open: boolean;
  /** What drops our traffic, or what was checked. */
  readonly detail: string;
  /** Our rule in DOCKER-USER; `no-chain`: Docker has no such chain. */
  readonly rule: 'present' | 'missing' | 'no-chain';
  /** The iptables that Docker uses, by its path. */
  readonly program: string;
}

export interface DockerRules {
  readonly backend: 'iptables' | 'nftables' | 'none';
  /** Whether containers' traffic to the outside is to be masqueraded, by whomever. */
  readonly masquerade: boolean;
  /** How that is known. */
  readonly evidence: string;
}

/** A rule, or a policy, of somebody else. */
export interface ForeignRule {
  readonly owner: 'ufw' | 'firewalld' | 'docker' | 'nftables.service' | 'site';
  /** e.g. `table inet site, chain forward`. */
  readonly place: string;
  /** In the words of nft or iptables, with its handle where it has one. */
  readonly rule: string;
  /** e.g. `7882/udp`. */
  readonly flows: readonly string[];
}

export interface PortHolder {
  /** e.g. `7882/udp`. */
  readonly port: string;
  /** `published`: our translation hides the program from outside; `open`: a service of ours cannot have the port. */
  readonly kind: 'published' | 'open' | 'relay';
  /** e.g. `docker-proxy (pid 812)`. */
  readonly program: string;
}

/** What a perimeter closes, or would, of what is there now. */
export interface PerimeterEffect {
  readonly closes: NonNullable<PerimeterStatus['closes']>;
  readonly sessions: NonNullable<PerimeterStatus['sessions']>;
}

/** What a condition finds: evidence and the next action; it is a problem only when `bad`. */
export type Finding =
  | { readonly state: 'good'; readonly evidence: string }
  | { readonly state: 'bad'; readonly evidence: string; readonly next: string; readonly severity?: Severity }
  | { readonly state: 'unknown'; readonly evidence: string }
  /** There is nothing of the kind on this machine or in this stack. */
  | { readonly state: 'none'; readonly evidence: string };

/** One thing that can be wrong. Pure: facts in, finding out. */
export interface Condition {
  /** Stable, upper case, e.g. `ENGINE_UNREACHABLE`. */
  readonly code: string;
  readonly severity: Severity;
  /** The problem in a few words, as status shows it, e.g. `The Docker Engine does not answer`. */
  readonly title: string;
  /** What doctor calls the check when all is well, e.g. `Docker Engine`. */
  readonly check: string;
  /** By what other words it shows elsewhere: in a client, in a log of a service. `agentctl explain` knows them too. */
  readonly seenAs?: readonly string[];
  /** For `agentctl explain`: what it means for the people who use the appliance, and what the agent does about it. */
  readonly meaning: string;
  /** For `agentctl explain`: what to do about it in general; a finding says it for the case at hand. */
  readonly remedy: string;
  /** Codes of conditions that explain this one: while one of them is bad, this one is not shown as a problem. */
  readonly dependsOn: readonly string[];
  evaluate(facts: Facts): Finding;
}
