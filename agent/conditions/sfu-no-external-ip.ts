import { saidInLogs } from './said-in-logs.ts';

export const sfuNoExternalIp = saidInLogs({
  code: 'SFU_NO_EXTERNAL_IP',
  severity: 'critical',
  title: 'LiveKit looks for its own address on the internet and ends',
  check: 'LiveKit knows its address',
  seenAs: ['could not resolve external IP'],
  meaning:
    'With `use_external_ip: true` LiveKit asks public STUN servers for its address, and ends when none answers. The agent ' +
    'never writes that: it gives the address by `node_ip`. So the running LiveKit was not started with the file of the agent.',
  remedy:
    'See with what it runs: `sudo docker inspect appliance-livekit-1 --format "{{.Args}} {{.Mounts}}"`. Have it made anew: ' +
    '`sudo docker rm -f appliance-livekit-1`',
});
