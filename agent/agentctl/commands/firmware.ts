import { readStatus, type StatusReading } from '../../control/status-file.ts';
import { type FwupdDevice, installArchive, readArchive, readFwupd } from '../../hardware/fwupd.ts';
import { AgentError } from '../../system/errors.ts';
import { run } from '../../system/processes.ts';
import { requireRoot } from '../as-root.ts';
import { agrees, requireSomebody } from '../consent.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderFirmware } from '../render/firmware.ts';

/** Shows what fwupd knows of this machine. Asks no network. */
export async function list({ terminal }: Context, options: { json?: true }): Promise<number> {
  const devices = await devicesOfFwupd();
  terminal.write(
    options.json ? `${JSON.stringify({ devices }, null, 2)}\n` : renderFirmware(devices, terminal),
  );
  return EXIT.ok;
}

/** Writes the firmware of a cabinet archive to a device, when a person said so, and nobody is in a call. */
export async function update(
  { paths, clock, terminal }: Context,
  wanted: string,
  { cab, yes }: { cab: string; yes?: true },
): Promise<number> {
  requireRoot('Only root may change firmware');
  const device = chosen(await devicesOfFwupd(), wanted);
  const version = (await readArchive(run, cab)).get(device.id);
  if (version === undefined)
    throw new AgentError({
      code: 'FIRMWARE_NOT_FOR_DEVICE',
      message: `${cab} has no firmware for ${device.name}`,
      hint: `See what it is for: \`fwupdmgr get-details ${cab}\``,
    });
  refuseDuringCalls(await readStatus(paths.status, clock));
  const what = `${device.name} from ${device.version} to ${version}`;
  if (yes !== true) requireSomebody('An update may leave a device without firmware when the power fails');
  if (yes !== true && !(await agrees(`Update ${what}? The power must not fail meanwhile.`))) {
    terminal.write('Nothing was changed.\n');
    return EXIT.degraded;
  }
  terminal.write(`Updating ${what}; keep the power on …\n`);
  await installArchive(run, cab, device.id);
  const after = (await devicesOfFwupd()).find(({ id }) => id === device.id);
  terminal.write(
    after?.needsReboot === true
      ? `${device.name} gets ${version} at the next start of the machine: sudo reboot\n`
      : `${device.name} runs ${after?.version ?? 'what fwupd does not tell'}.\n`,
  );
  return EXIT.ok;
}

async function devicesOfFwupd(): Promise<readonly FwupdDevice[]> {
  const fwupd = await readFwupd(run);
  if ('devices' in fwupd) return fwupd.devices;
  const hint =
    fwupd.why === 'not installed'
      ? 'Install it: `sudo apt-get install fwupd`. Its timer fwupd-refresh asks the internet; without that: `sudo systemctl disable --now fwupd-refresh.timer`'
      : 'See: `sudo journalctl -u fwupd -n 50`';
  throw new AgentError({ code: 'MISSING', message: `fwupd tells nothing: ${fwupd.why}`, hint });
}

/** By its id, or the beginning of that. */
function chosen(devices: readonly FwupdDevice[], wanted: string): FwupdDevice {
  const [device, ...others] = devices.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  if (device !== undefined && others.length === 0) {
    if (device.updatable) return device;
    const hint = 'The maker’s own program may be able to.';
    throw new AgentError({ code: 'USAGE', message: `fwupd cannot update ${device.name}`, hint });
  }
  const message =
    device === undefined ? `There is no device ${wanted}` : `${wanted} is the beginning of several`;
  throw new AgentError({ code: 'USAGE', message, hint: 'See which there are: `agentctl firmware list`' });
}

/** Of an agent that does not run it is not known; the person who is asked may know. */
function refuseDuringCalls({ status, stale }: StatusReading): void {
  const media = (status?.firewall.published ?? []).filter(
    ({ service, portTo }) => service === 'livekit' || portTo !== undefined,
  );
  const flows = stale ? 0 : media.reduce((sum, port) => sum + port.flows, 0);
  if (flows === 0) return;
  throw new AgentError({
    code: 'CALLS_RUN',
    message: `${flows} flows of media go through this machine, and an update may interrupt them`,
    hint: 'Wait until `agentctl status` shows none.',
  });
}
