import { saidInLogs } from './said-in-logs.ts';

export const roomNotMade = saidInLogs(
  {
    code: 'ROOM_NOT_MADE',
    severity: 'degraded',
    title: 'lk-jwt-service cannot make a room on LiveKit',
    check: 'Rooms can be made',
    seenAs: ['Unable to create room on SFU'],
    meaning:
      'A user was let in, but LiveKit made no room: lk-jwt-service reaches it by the name `domains.rtc`, through Traefik, ' +
      'with the key that both were given. Nobody can begin a call; calls that go on are not touched.',
    remedy:
      'Prove the link: `sudo agentctl verify` ("internal routes", "certificates"). See what was said: `sudo agentctl logs ' +
      'lk-jwt`, `sudo agentctl logs traefik`',
  },
  ['SERVICE_DOWN'],
);
