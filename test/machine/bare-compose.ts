import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { embeddedStack } from '../../agent/stack/embedded/stack.ts';
import { readImages } from '../../agent/stack/images.ts';
import { ensureSecrets } from '../../agent/stack/secrets.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';

const DIRECTORY = '/srv/bare-compose';
const UNIT = 'bare-compose.service';

/** The stack as somebody would start it who has no agent: load the archives, `docker compose up`. */
const UNIT_TEXT = `[Unit]
Requires=docker.service
After=docker.service
[Service]
Type=oneshot
ExecStart=/bin/sh -ec 'for archive in /usr/share/appliance-agent/images/*.tar; do docker load --input "$archive"; done; docker compose --file ${DIRECTORY}/compose.yaml up --detach'
`;

/** Boots the image without the agent and its units, and with that one unit in their place (systemd(1), kernel command line). */
export const BARE_COMPOSE = [
  ...['appliance-agent', 'appliance-agent-firewall', 'appliance-agent-tune'].map(
    (name) => `systemd.mask=${name}.service`,
  ),
  `systemd.wants=${UNIT}`,
];

/** Puts into an image what `BARE_COMPOSE` boots: the files that the agent would render, and Docker's own publishing. */
export async function placeBareCompose(root: string): Promise<void> {
  const secrets = await mkdtemp(join(tmpdir(), 'aa-bare-compose-'));
  try {
    const files = embeddedStack.render({
      config: DEFAULT_CONFIG,
      certificates: null,
      addresses: ['127.0.0.1'],
      secrets: await ensureSecrets({ directory: secrets }),
      images: await readImages(join(root, 'usr/share/appliance-agent/images')),
      directory: DIRECTORY,
      dataDirectory: join(DIRECTORY, 'data'),
    });
    const published = files.map((file) =>
      file.path === 'compose.yaml' ? { ...file, content: withPorts(file.content) } : file,
    );
    await writeRendered(published, join(root, DIRECTORY));
  } finally {
    await rm(secrets, { recursive: true });
  }
  await writeFile(join(root, 'etc/systemd/system', UNIT), UNIT_TEXT);
}

function withPorts(compose: string): string {
  const document = parse(compose);
  document.services.livekit.ports = ['7881:7881', '7882:7882/udp'];
  return stringify(document);
}
