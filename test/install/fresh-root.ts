import { existsSync } from 'node:fs';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run, runOk } from '../../agent/system/processes.ts';
import { makeDebian, type Suite } from '../support/debian-root.ts';

const MINUTE = 60_000;
const PROJECT = resolve(import.meta.dirname, '../..');
const CACHE = join(PROJECT, '.cache', 'install');

const PACKAGES = ['systemd-sysv', 'dbus'];

/** Changed together with `PACKAGES`, so that an old tarball is not used. */
const RECIPE = 1;

/** What a clone has: what git would check out, with the changes of this working tree. */
const NOT_CLONED = ['./node_modules', './dist', './release', './.cache', './.git'];

export interface RootSettings {
  readonly suite: Suite;
  /** Where the machine's proxy to the registries answers, e.g. `http://198.18.77.1:3128`. */
  readonly proxy: string;
}

/**
 * Unpacks a bare Debian (minbase and an init, nothing else) into `directory`, lets it reach the registries that this
 * machine reaches, and puts a clone of this project at `/root/appliance-agent`.
 */
export async function makeFreshRoot(directory: string, settings: RootSettings): Promise<void> {
  await unpack(await makeTarball(settings.suite), directory);
  await maskUnits(directory);
  await configureRegistries(directory, settings.proxy);
  await writeFile(join(directory, 'etc/hostname'), 'appliance\n');
  await rm(join(directory, 'etc/machine-id'), { force: true });
  // Only how fast dpkg is, on a disk that is thrown away.
  await writeFile(join(directory, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  await clone(join(directory, 'root/appliance-agent'));
}

export async function unpack(tarball: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await required('tar', ['-xpf', tarball, '-C', directory, '--numeric-owner'], 2 * MINUTE);
}

/** A Debian with an init and these packages besides as a tar file, made once. */
export async function makeTarball(suite: Suite, further: readonly string[] = []): Promise<string> {
  const target = join(CACHE, `${[suite, ...further].join('+')}-${RECIPE}.tar`);
  if (!existsSync(target))
    await makeDebian(suite, { packages: [...PACKAGES, ...further], format: 'tar', target });
  return target;
}

/** The interface is set up from outside: nothing inside may wait for it, nor ask questions at a first boot. */
export async function maskUnits(directory: string): Promise<void> {
  for (const unit of [
    'systemd-networkd.service',
    'systemd-networkd.socket',
    'systemd-networkd-wait-online.service',
    'systemd-firstboot.service',
  ])
    await symlink('/dev/null', join(directory, 'etc/systemd/system', unit));
}

/** The proxy, and the certificates and apt's checks of this machine; no credential is copied. */
async function configureRegistries(directory: string, proxy: string): Promise<void> {
  const { stdout } = await required(
    'apt-config',
    ['dump', 'Acquire::Check-Valid-Until', 'Acquire::Check-Date'],
    MINUTE,
  );
  const apt = `${stdout}Acquire::http::Proxy "${proxy}";\nAcquire::https::Proxy "${proxy}";\n`;
  await writeFile(join(directory, 'etc/apt/apt.conf.d/99test-registries'), apt);
  const lines = [`proxy=${proxy}`, `https-proxy=${proxy}`];
  const registry = (await run('npm', ['config', 'get', 'registry'], { timeoutMs: MINUTE })).stdout.trim();
  if (registry.startsWith('http')) lines.push(`registry=${registry}`);
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) {
    await cp(certificates, join(directory, 'etc/test-registries.crt'));
    lines.push('cafile=/etc/test-registries.crt');
  }
  await writeFile(join(directory, 'root/.npmrc'), `${lines.join('\n')}\n`);
}

async function clone(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const archive = `${target}.tar`;
  await required(
    'tar',
    ['-cf', archive, ...NOT_CLONED.map((path) => `--exclude=${path}`), '-C', PROJECT, '.'],
    MINUTE,
  );
  await required('tar', ['-xf', archive, '-C', target], MINUTE);
  await rm(archive);
}

function required(command: string, args: readonly string[], timeoutMs: number) {
  return runOk(run, command, args, {
    timeoutMs,
    code: 'TEST_MACHINE',
    hint: 'The test machine could not be made.',
  });
}
