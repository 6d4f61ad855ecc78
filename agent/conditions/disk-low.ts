import { formatBytes } from './bytes.ts';
import { DISK_LEVELS, diskLevel } from './disk-levels.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

type Disk = Extract<Facts['disks'], { known: true }>['value'][number];

const NEXT =
  'See what is large: `sudo du -xh --max-depth=2 / | sort -h | tail -20`, `sudo docker system df`. Old logs go with: ' +
  '`sudo journalctl --vacuum-size=200M`';

export const diskLow: Condition = {
  code: 'DISK_LOW',
  severity: 'degraded',
  title: 'Disk space is low',
  check: 'Disk space',
  meaning:
    'Below 10 % (at least 1 GiB, at most 5 GiB) there is little room left; below 3 % (at least 200 MiB, at most 1 GiB) ' +
    'containers may fail to start, the database may fail to record and an update has no room. The same shares go for ' +
    'the number of files that it can hold. Where there is ' +
    'little room the agent removes from the engine what the release before this one needs, for its archives stay on the ' +
    'disk; below 200 MiB it gives back the room that it set aside for that. It deletes nothing else.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.disks, (disks) => {
      const levels = disks.map(diskLevel);
      const low = disks.filter((_, index) => levels[index] !== 'enough');
      if (low.length === 0) return good(disks.map(describe).join(', ') + setAside(facts.ballast, false));
      const evidence = low.map(describe).join(', ') + setAside(facts.ballast, true);
      return bad(evidence, NEXT, levels.includes('critical') ? 'critical' : 'degraded');
    }),
};

function describe({ mount, availableBytes, sizeBytes, files }: Disk): string {
  const share = sizeBytes === 0 ? 0 : Math.floor((availableBytes / sizeBytes) * 100);
  const space = `${mount}: ${formatBytes(availableBytes)} free of ${formatBytes(sizeBytes)} (${share} %)`;
  const room =
    files === null || files.available >= files.most * DISK_LEVELS.low.share
      ? ''
      : `, room for ${files.available} more files`;
  return space + room;
}

/** That there is none is news only where there is little room. */
function setAside(ballast: Facts['ballast'], isLow: boolean): string {
  if (!ballast.known) return '';
  if (ballast.value === null) return isLow ? '; nothing is set aside' : '';
  return `; ${formatBytes(ballast.value)} set aside`;
}
