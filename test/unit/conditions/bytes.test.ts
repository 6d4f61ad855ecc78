import test from 'ava';
import { formatBytes } from '../../../agent/conditions/bytes.ts';

test('sizes are written in binary units, with one decimal while they are small', (t) => {
  const texts = [0, 1023, 1024, 1536, 1024 ** 2 - 1, 120.4 * 1024 ** 3, 5000 * 1024 ** 4].map(formatBytes);
  t.deepEqual(texts, ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '120 GiB', '5000 TiB']);
});
