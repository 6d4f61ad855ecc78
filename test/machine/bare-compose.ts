import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { readImages } from '../../agent/stack/images.ts';
import { ensureSecrets } from '../../agent/stack/secrets.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import { makeDisk } from './disk-content.ts';
import type { Additions } from './emulated-machine.ts';
import type { MachineImage } from './machine-image.ts';

const LABEL = 'bare';
const DIRECTORY = '/mnt';
const ARCHIVES = '/usr/share/appliance-agent/images';
const UNIT = 'bare-compose.service';
const UNIT_TEXT = `[Unit]
Requires=docker.service
After=docker.service
[Service]
Type=oneshot
ExecStart=/bin/sh -ec 'mount LABEL=${LABEL} ${DIRECTORY}; for archive in ${ARCHIVES}/*.tar; do docker load --input "$archive"; done; docker compose --file ${DIRECTORY}/compose.yaml up --detach'
`;
/** The units of the agent are not started (systemd(1), kernel command line). */
const KERNEL_WORDS = [
  ...['', '-firewall', '-site', '-tune'].map((name) => `systemd.mask=appliance-agent${name}.service`),
  'systemd.mask=appliance-agent-site.path',
  `systemd.wants=${UNIT}`,
];

/**
 * What makes of a sealed image the machine of somebody who has no agent: one unit that loads the archives and calls
 * `docker compose up`, with the files that the agent would render, and Docker's own publishing. The image stays as it is:
 * the files are on a disk of their own, and the unit is a credential (systemd.system-credentials(7)).
 */
export async function bareCompose(image: MachineImage): Promise<Additions & { readonly files: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-bare-compose-'));
  try {
    const rendered = embeddedStack.render({
      config: DEFAULT_CONFIG,
      certificates: null,
      addresses: ['127.0.0.1'],
      secrets: await ensureSecrets({ directory: join(directory, 'secrets') }),
      images: await readImages(dirname(image.manifest)),
      directory: DIRECTORY,
      dataDirectory: join(DIRECTORY, 'data'),
    });
    const content = join(directory, 'content');
    await mkdir(content);
    await writeRendered(
      rendered.map((file) =>
        file.path === 'compose.yaml' ? { ...file, content: withPorts(file.content) } : file,
      ),
      content,
    );
    const files = join(dirname(image.disk), 'clone-bare-compose-files');
    await makeDisk(content, files, LABEL, '64M');
    const unit = Buffer.from(UNIT_TEXT).toString('base64');
    return {
      files,
      kernelWords: KERNEL_WORDS,
      devices: [
        ...['-drive', `file=${files},format=raw,if=virtio`],
        ...['-smbios', `type=11,value=io.systemd.credential.binary:systemd.extra-unit.${UNIT}=${unit}`],
      ],
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function withPorts(compose: string): string {
  const document = parse(compose);
  document.services.livekit.ports = ['7881:7881', '7882:7882/udp'];
  return stringify(document);
}
