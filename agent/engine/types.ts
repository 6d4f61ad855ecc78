/** What the agent knows of one container, from `GET /containers/json` and `GET /containers/{id}/json`. */
export interface ContainerObservation {
  readonly id: string;
  readonly name: string;
  /** Label `com.docker.compose.service`: the name is temporary while Compose recreates a container. */
  readonly service: string;
  /** Label `org.appliance-agent.generation`, '' when it has none. */
  readonly generation: string;
  readonly image: string;
  readonly imageId: string;
  /** Whether the engine still has that image under the name `image`. */
  readonly imageNamed: boolean;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
  /** Restarts by the engine's own restart policy. */
  readonly restartCount: number;
  /** Host pid of the container's first process, null when it does not run. */
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Address on the network that is published; null on the host network or when not running. */
  readonly ipv4: string | null;
  /** The same for IPv6; null also when the network has none. */
  readonly ipv6: string | null;
  /** Its addresses on the network of a locked service, likewise. */
  readonly locked: { readonly ipv4: string | null; readonly ipv6: string | null };
  /** What the engine says went wrong at the last start, '' when nothing did. */
  readonly error: string;
}

/** An engine event of one of our containers, or of its network attachment. */
export interface EngineEvent {
  readonly type: 'container' | 'network';
  /** `start`, `die`, `stop`, `kill`, `oom`, `destroy`, `connect`, `disconnect`, … */
  readonly action: string;
  readonly service: string | null;
  readonly containerId: string;
  readonly exitCode: number | null;
  /** Signal number of a `kill` event. */
  readonly signal: number | null;
  /** Engine time in nanoseconds since the epoch, as text: it exceeds a double. Resume with it. */
  readonly timeNano: string;
}

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
}

export interface EngineNetwork {
  readonly name: string;
  readonly id: string;
  readonly driver: string;
  /** Name of the bridge interface on the host, null when the driver is not `bridge`. */
  readonly bridge: string | null;
  readonly subnets: readonly string[];
  /** Whether it was made for a stack of this agent's. */
  readonly isOurs: boolean;
  /** RFC 3339. The engine makes its default network `bridge` anew each time it starts. */
  readonly createdAt: string;
}

/** The Docker Engine, over its unix socket. Every call is bounded in time and rejects with an AgentError. */
export interface Engine {
  /** Errors: ENGINE_UNREACHABLE (nothing answers on the socket), ENGINE_TIMEOUT, ENGINE_ERROR. */
  version(): Promise<EngineVersion>;
  /** Containers of a compose project, stopped ones too, in the order of their service names; of one service, leftovers last. */
  containers(project: string): Promise<ContainerObservation[]>;
  networks(): Promise<EngineNetwork[]>;
  /** The image id (`sha256:…`) of a reference, null when the engine does not have it. */
  imageId(reference: string): Promise<string | null>;
  /** `docker load` of an archive from `docker save`. */
  loadImage(archive: string): Promise<void>;
  start(containerId: string): Promise<void>;
  /** Sends a signal, e.g. `SIGTERM`; does not wait for what comes of it. */
  kill(containerId: string, signal: string): Promise<void>;
  restart(containerId: string, graceSeconds: number): Promise<void>;
  /** Asks it to end, and kills it when its grace period is over. Nothing happens when it does not run. */
  stop(containerId: string): Promise<void>;
  /** Also when it runs. */
  removeContainer(containerId: string): Promise<void>;
  /** Error: ENGINE_ERROR while a container that runs is on it. */
  removeNetwork(networkId: string): Promise<void>;
  /** Also when containers use it. Nothing happens when there is none. */
  removeImage(reference: string): Promise<void>;
  /** Error: ENGINE_ERROR while any container uses it. */
  removeUnusedImage(reference: string): Promise<void>;
  /** See `execIn`. */
  exec(options: ExecOptions): Promise<ExecOutcome>;
  /** See `exitCodeOf`. */
  execExitCode(execId: string): Promise<number | null>;
  /**
   * Follows the event stream of a project until `signal` aborts. It reconnects by itself with `since` the last
   * event seen, and calls `onEvent` once an event, `onConnected` after each (re)connect (the caller then lists:
   * a restarted engine has forgotten its events) and `onDisconnected` when the stream breaks.
   */
  follow(options: FollowOptions): Promise<void>;
}

export interface ExecOptions {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** How a command in a container ended. */
export interface ExecOutcome {
  readonly execId: string;
  /** Null: it has not ended in time. It goes on; the Engine API has no way to end it. */
  readonly exitCode: number | null;
  /** The end of what it wrote to both its outputs. */
  readonly output: string;
}

export interface FollowOptions {
  readonly project: string;
  readonly signal: AbortSignal;
  /** Resume after this `timeNano`; null to begin now. */
  readonly since: string | null;
  onEvent(event: EngineEvent): void;
  onConnected(): void;
  onDisconnected(reason: string): void;
}

/** `docker compose`, with an explicit file, project and engine socket. */
export interface Compose {
  /** Version of the plugin, e.g. `2.26.1`. Error: COMPOSE_MISSING. */
  version(): Promise<string>;
  /** `up --detach --no-build --pull never` for the named services (all when empty). Does not wait for health. */
  up(options: { file: string; services: readonly string[]; forceRecreate: boolean }): Promise<void>;
  /**
   * `down --remove-orphans` for the named services (all when empty), and for every network of the file that nothing is on
   * any more: one that is in use stays, without an error.
   */
  down(options: { file: string; services: readonly string[] }): Promise<void>;
}
