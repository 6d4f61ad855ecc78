import * as z from 'zod';
import { openHttp, readText } from '../system/http.ts';
import { jsonOrNull } from '../system/json.ts';

const TIMEOUT_MS = 2_000;
const MOST_BYTES = 64 * 1024;

const wellKnown = z.looseObject({
  'org.matrix.msc4143.rtc_foci': z.array(z.looseObject({ livekit_service_url: z.string().optional() })),
});

/**
 * Why clients of the homeserver at this address do not learn of the SFU's token service (`sfu`, a URL); null when they
 * do. Clients look in `.well-known/matrix/client` or in `rtc/transports` (MSC4143); Tuwunel 1.9.0 makes both from one
 * setting (src/core/config/well_known.rs, get_transports), and the first needs no account. Rejects when it does not answer.
 */
export async function discoveryFault(homeserver: string, sfu: string): Promise<string | null> {
  const url = `${homeserver}/.well-known/matrix/client`;
  const answer = await openHttp({ url, method: 'GET', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await readText(answer, MOST_BYTES).finally(answer.close);
  if (answer.status !== 200) return `the homeserver answers ${answer.status} to .well-known/matrix/client`;
  const read = wellKnown.safeParse(jsonOrNull(body));
  const told = read.success ? read.data['org.matrix.msc4143.rtc_foci'] : [];
  const urls = told.flatMap(({ livekit_service_url }) => livekit_service_url?.replace(/\/$/, '') ?? []);
  return urls.includes(sfu)
    ? null
    : `the homeserver tells clients of ${urls.join(', ') || 'no SFU'}, not ${sfu}`;
}
