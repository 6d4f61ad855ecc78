import type { ControlApi } from '../../../agent/control/api.ts';
import { wellStatus } from './a-status.ts';

const done = async () => ({ message: '' });

/** An agent that says yes to everything, and does nothing. */
export const quietApi: ControlApi = {
  hold: done,
  release: done,
  heal: done,
  provisionAgain: done,
  resume: async () => ({ message: 'It acts again.' }),
  status: async () => wellStatus,
  firewall: async () => wellStatus.firewall,
  confirmPerimeter: done,
  rollBackPerimeter: done,
  tryPerimeter: done,
  rotateSecret: done,
  backupMade: done,
  ping: async () => ({ agentVersion: '0.1.0' }),
};
