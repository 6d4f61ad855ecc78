import { parse } from 'yaml';
import * as z from 'zod';

/** LiveKit's configuration below `Paths.rendered`. */
export const LIVEKIT_YAML = 'livekit/livekit.yaml';

const schema = z.looseObject({ rtc: z.looseObject({ node_ip: z.string() }) });

/** The addresses that LiveKit announces with this configuration, which the agent wrote. */
export function announcedAddresses(livekitYaml: string): readonly string[] {
  return schema.parse(parse(livekitYaml)).rtc.node_ip.split(',');
}
