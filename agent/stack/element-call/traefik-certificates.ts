import { stringify } from 'yaml';
import type { CertificateFiles } from '../certificates.ts';

/**
 * The certificate of the operator's files, by content: Traefik looks at this file and not at those that it would name,
 * and takes a renewed one up without a restart. It is the one for every name, also for none. The file is also there
 * when it names no certificate: one that an earlier configuration named must not stay.
 */
export function traefikCertificates(files: CertificateFiles | null): string {
  if (files === null) return '# An authority is asked for certificates: see traefik.yml.\n';
  const pair = { certFile: files.certificate, keyFile: files.key };
  return stringify({ tls: { stores: { default: { defaultCertificate: pair } } } });
}
