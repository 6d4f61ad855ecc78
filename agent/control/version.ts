import manifest from '../../package.json' with { type: 'json' };

/** The version of this release; the bundler writes it into the code. */
export const AGENT_VERSION: string = manifest.version;
