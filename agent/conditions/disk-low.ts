import { formatBytes } from './bytes.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

type Disk = Extract<Facts['disks'], { known: true }>['value'][number];

const MiB = 1024 ** 2;
const NEXT =
  'See what is large: `sudo du -xh --max-depth=2 / | sort -h | tail -20`, `sudo docker system df`. Old logs go with: ' +
  '`sudo journalctl --vacuum-size=200M`';

export const diskLow: Condition = {
  code: 'DISK_LOW',
  severity: 'degraded',
  title: 'Disk space is low',
  check: 'Disk space',
  meaning:
    'Below 10 % or 1 GiB there is little room left; below 3 % or 200 MiB containers may fail to start, the database may ' +
    'fail to record and an update has no room. The same goes for the number of files that it can hold. The agent deletes nothing by itself.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.disks, (disks) => {
      const low = disks.filter((disk) => isBelow(disk, 0.1, 1024 * MiB) || hasFewFiles(disk, 0.1));
      if (low.length === 0) return good(disks.map(describe).join(', '));
      const critical = low.some((disk) => isBelow(disk, 0.03, 200 * MiB) || hasFewFiles(disk, 0.03));
      return bad(low.map(describe).join(', '), NEXT, critical ? 'critical' : 'degraded');
    }),
};

const isBelow = ({ availableBytes, sizeBytes }: Disk, share: number, bytes: number) =>
  availableBytes < sizeBytes * share || availableBytes < bytes;

const hasFewFiles = ({ files }: Disk, share: number) =>
  files !== null && files.available < files.most * share;

function describe({ mount, availableBytes, sizeBytes, files }: Disk): string {
  const share = sizeBytes === 0 ? 0 : Math.floor((availableBytes / sizeBytes) * 100);
  const space = `${mount}: ${formatBytes(availableBytes)} free of ${formatBytes(sizeBytes)} (${share} %)`;
  const room =
    files === null || files.available >= files.most * 0.1 ? '' : `, room for ${files.available} more files`;
  return space + room;
}
