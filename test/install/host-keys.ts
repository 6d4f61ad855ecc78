import type { ExecutionContext } from 'ava';
import type { Clone } from './image.ts';

/** Made by our unit before sshd, and before Debian's own; made good again where a power cut left an empty one. */
export async function hasOwnHostKeys(t: ExecutionContext, clone: Clone): Promise<void> {
  const unit = 'appliance-agent-hostkeys.service';
  t.is((await clone.sh(`systemctl is-active ${unit} ssh.service`)).stdout, 'active\nactive\n');
  const since = async (name: string) =>
    Number(
      (await clone.sh(`systemctl show --property=ExecMainStartTimestampMonotonic --value ${name}`)).stdout,
    );
  t.true((await since(unit)) < (await since('sshd-keygen.service')));
  t.true((await since('sshd-keygen.service')) < (await since('ssh.service')));
  const key = '/etc/ssh/ssh_host_ed25519_key';
  const cut = await clone.sh(
    `: >${key} && rm ${key}.pub && systemctl restart ${unit} && ssh-keygen -l -f ${key}`,
  );
  t.is(cut.exitCode, 0, cut.stderr);
  t.is((await clone.sh(`ssh-keygen -l -f ${key}.pub`)).stdout, cut.stdout);
}
