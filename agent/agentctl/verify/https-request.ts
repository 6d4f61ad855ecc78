import { request } from 'node:https';
import { describeError } from '../../system/errors.ts';

/** One question over HTTPS, to an address: what the name leads to elsewhere must not matter. */
export interface HttpsQuestion {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The name that is asked for, in TLS and in HTTP. */
  readonly host: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly json?: object;
  /** An address of this machine to ask from; absent: whatever the route says. */
  readonly from?: string;
  /** PEM of authorities to trust beside the system's. */
  readonly authority?: string;
}

export type HttpsAnswer =
  | {
      readonly answered: true;
      readonly status: number;
      /** At most 64 KiB. */
      readonly body: string;
      /** Null when the certificate holds for the name; else why not. */
      readonly certificateFault: string | null;
    }
  | { readonly answered: false; readonly why: string };

const TIMEOUT_MS = 10_000;
const LARGEST_BODY = 64 * 1024;

/**
 * Asks, and judges the certificate without insisting on it: who is let in is one question, who answers another.
 * Always resolves, within 10 s.
 */
export function askHttps(question: HttpsQuestion): Promise<HttpsAnswer> {
  const { address, port, host, path, method = 'GET', json, from, authority } = question;
  return new Promise((resolve) => {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const asked = request({
      host: address,
      port,
      path,
      method,
      servername: host,
      headers: { host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(from === undefined ? {} : { localAddress: from }),
      ...(authority === undefined ? {} : { ca: authority }),
    });
    asked.on('error', (error) => resolve({ answered: false, why: describeError(error) }));
    asked.on('response', (response) => {
      const { socket } = response;
      const fault = 'authorizationError' in socket ? socket.authorizationError : undefined;
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= LARGEST_BODY) chunks.push(chunk);
      });
      response.on('error', (error) => resolve({ answered: false, why: describeError(error) }));
      response.on('end', () =>
        resolve({
          answered: true,
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          certificateFault: fault ? describeError(fault) : null,
        }),
      );
    });
    asked.end(body);
  });
}
