import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ElementCallConfig } from '../config/schema.ts';
import { AgentError, describeError } from '../system/errors.ts';

/** The operator's certificate, PEM. */
export interface CertificateFiles {
  /** Of the names, followed by those of the authorities between it and the root. */
  readonly certificate: string;
  readonly key: string;
  /** Of an authority that only the operator's devices know; null when it is a public one. */
  readonly ca: string | null;
}

/**
 * Reads the operator's certificate as it is now; null when an authority is asked for it, or there is none in this
 * stack. Error: CERTIFICATE_REFUSED when a file cannot be read, key and certificate do not belong together, a name is
 * not covered, or it is out of date.
 */
export async function readCertificates(
  config: ElementCallConfig | null,
  now: Date,
): Promise<CertificateFiles | null> {
  if (config === null || config.certificates.kind === 'acme') return null;
  const { certificates, domains } = config;
  const [certificate, key, ca] = await Promise.all([
    readPem(certificates.certificate, 'CERTIFICATE'),
    readPem(certificates.key, 'PRIVATE KEY'),
    certificates.kind === 'private-ca' ? readPem(certificates.ca, 'CERTIFICATE') : null,
  ]);
  const leaf = parsed(certificates.certificate, () => new X509Certificate(certificate));
  const privateKey = parsed(certificates.key, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw refused(certificates.key, `is not the key of ${certificates.certificate}`);
  }
  for (const name of new Set([domains.rtc, domains.matrix, domains.serverName])) {
    if (leaf.checkHost(name) === undefined) {
      throw refused(
        certificates.certificate,
        `is not for ${name}, but for ${leaf.subjectAltName ?? 'no name'}`,
      );
    }
  }
  if (leaf.validToDate < now) throw refused(certificates.certificate, `ended on ${leaf.validTo}`);
  if (leaf.validFromDate > now) throw refused(certificates.certificate, `begins only on ${leaf.validFrom}`);
  return { certificate, key, ca };
}

async function readPem(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw refused(path, `cannot be read (${describeError(error)})`);
  }
  if (new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(text)) return text;
  throw refused(path, `holds no ${what} in PEM`);
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    // What OpenSSL says of it may quote the key.
    throw refused(path, 'cannot be understood');
  }
}

function refused(path: string, why: string): AgentError {
  return new AgentError({
    code: 'CERTIFICATE_REFUSED',
    message: `${path} ${why}`,
    hint: 'Put the right file there; it is taken up by itself. To look at it: openssl x509 -noout -text -in FILE.',
  });
}
