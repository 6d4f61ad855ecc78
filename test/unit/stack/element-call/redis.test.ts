import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { redisConf } from '../../../../agent/stack/element-call/redis.ts';
import { needs, testWhen } from '../../../support/needs.ts';

const test = testWhen(needs({ commands: ['redis-server'] }));
const PASSWORD = 'e'.repeat(64);

test('Debian’s Redis takes its file, and does nothing for anybody without the password, nor anything for an administrator', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-redis-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const [file, socket] = [join(directory, 'redis.conf'), join(directory, 'socket')];
  // Of the file only where it listens is another: tests run beside each other.
  const conf = redisConf(PASSWORD).replace(/^port .*$/m, `port 0\nunixsocket ${socket}`);
  t.false(conf.includes(PASSWORD));
  await writeFile(file, conf);
  const server = spawn('redis-server', [file], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 });
  t.teardown(() => server.kill());
  for (let said = ''; !said.includes('ready to accept connections'); ) {
    const [chunk] = await once(server.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
    said += chunk;
  }

  const answers = async (...commands: readonly string[]) => {
    const client = connect(socket);
    await once(client, 'connect');
    client.end(`${commands.join('\r\n')}\r\n`);
    return (await text(client)).trim().split('\r\n');
  };
  t.regex((await answers('SET a 1')).join(), /^-NOAUTH/);
  t.regex((await answers(`AUTH ${'f'.repeat(64)}`)).join(), /^-WRONGPASS/);
  t.deepEqual(await answers(`AUTH ${PASSWORD}`, 'SET a 1', 'GET a'), ['+OK', '+OK', '$1', '1']);
  for (const command of ['CONFIG GET maxmemory', 'SHUTDOWN', 'ACL LIST'])
    t.regex((await answers(`AUTH ${PASSWORD}`, command))[1] ?? '', /^-NOPERM/, command);
});
