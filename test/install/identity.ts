import type { Clone } from './image.ts';

/** Answers by what was asked. */
export type Identity = Readonly<Record<string, string>>;

/** What must differ between two clones of an image. */
export async function identity(clone: Clone): Promise<Identity> {
  const asked = {
    machineId: 'cat /etc/machine-id',
    engineId: 'docker info --format "{{.ID}}"',
    secrets: 'find /var/lib/appliance-agent/secrets -type f | sort | xargs cat | sha256sum',
    hostname: 'hostname',
    hostKey: 'ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key',
  };
  const answers: [string, string][] = [];
  for (const [name, script] of Object.entries(asked))
    answers.push([name, (await clone.sh(script)).stdout.trim()]);
  return Object.fromEntries(answers);
}
