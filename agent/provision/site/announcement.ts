/** The program that announces this machine. Two would answer for one name. */
export type Responder = 'avahi' | 'systemd-resolved';

/** A file that is to have this content; null: it is to be gone. */
export interface SiteFile {
  readonly path: string;
  readonly content: string | null;
}

const ORIGIN =
  'Written by appliance-agent-site.service; see site.mdns in /etc/appliance-agent/appliance.yaml.';

const RESOLVED = '/etc/systemd/resolved.conf.d/appliance-agent.conf';
const RESOLVED_RECORD = '/etc/systemd/dnssd/appliance-agent.dnssd';
const AVAHI_RECORD = '/etc/avahi/services/appliance-agent.service';

/**
 * Announces NAME.local, and by DNS-SD (RFC 6763) that an appliance is there, at its SSH port: `_appliance._tcp`. Nothing
 * else is told. systemd.dnssd(5), avahi.service(5), resolved.conf(5).
 */
export function announcement(responder: Responder | null): SiteFile[] {
  return [
    {
      path: RESOLVED,
      content: responder === 'systemd-resolved' ? `# ${ORIGIN}\n[Resolve]\nMulticastDNS=yes\n` : null,
    },
    {
      path: RESOLVED_RECORD,
      content:
        responder === 'systemd-resolved'
          ? `# ${ORIGIN}\n[Service]\nName=%H\nType=_appliance._tcp\nPort=22\n`
          : null,
    },
    { path: AVAHI_RECORD, content: responder === 'avahi' ? AVAHI : null },
  ];
}

const AVAHI = `<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<!-- ${ORIGIN} -->
<service-group>
  <name replace-wildcards="yes">%h</name>
  <service>
    <type>_appliance._tcp</type>
    <port>22</port>
  </service>
</service-group>
`;

/**
 * systemd-networkd switches mDNS off on its links unless told otherwise (systemd.network(5)): a drop-in beside each file
 * of this machine's own that says nothing of it. `networks`: path and content of each `.network` file.
 */
export function networkDropIns(
  networks: readonly { readonly path: string; readonly content: string }[],
  responder: Responder | null,
): SiteFile[] {
  return networks.map(({ path, content }) => ({
    path: `${path}.d/appliance-agent.conf`,
    content:
      responder === 'systemd-resolved' && !/^\s*MulticastDNS\s*=/m.test(content)
        ? `# ${ORIGIN}\n[Network]\nMulticastDNS=yes\n`
        : null,
  }));
}
