import { wholePath } from '../conditions/whole-path.ts';
import { differences } from '../nftables/index.ts';
import { filesToWrite } from '../reconcile/files-to-write.ts';
import type { Desired, Observed } from '../reconcile/types.ts';

export interface Checked {
  readonly done: boolean;
  readonly detail: string;
}

/**
 * One step of bringing a machine up. `check` looks at the machine, not at a note that says it was done; what
 * applies it is the plan, on every boot alike, and the next look verifies it. So a power cut at any point, or a
 * step undone years later, takes the same way.
 */
export interface ProvisioningStep {
  readonly name: string;
  check(observed: Observed, desired: Desired | null): Checked;
}

const done = (detail: string): Checked => ({ done: true, detail });
const open = (detail: string): Checked => ({ done: false, detail });

export const PROVISIONING_STEPS: readonly ProvisioningStep[] = [
  {
    name: 'configuration',
    check: ({ config }) => (config === null ? open('no configuration was accepted yet') : done('accepted')),
  },
  {
    name: 'secrets',
    check: ({ secrets }) => {
      if (!secrets.ok) return open(secrets.why);
      return secrets.value === null ? open('not made yet') : done('made on this device');
    },
  },
  {
    name: 'engine',
    check: ({ engine }) => (engine.ok ? done('the Docker Engine answers') : open(engine.why)),
  },
  {
    name: 'images',
    check: ({ engine, images }) => {
      if (!images.ok) return open(images.why);
      if (!engine.ok) return open('the engine does not answer');
      const { missingImages } = engine.value;
      return missingImages.length === 0 ? done('loaded') : open(`missing: ${missingImages.join(', ')}`);
    },
  },
  {
    name: 'firewall',
    check: ({ table }, desired) => {
      if (!table.ok) return open(table.why);
      if (desired === null) return open('not known yet what it should be');
      const [first] = differences(desired.table, table.value);
      return first === undefined ? done('table inet appliance is in place') : open(first);
    },
  },
  {
    name: 'forward-path',
    check: ({ forwardPath }) => {
      if (!forwardPath.known) return open(forwardPath.why);
      const { open: isOpen, detail } = wholePath(forwardPath.value);
      return isOpen ? done(detail) : open(detail);
    },
  },
  {
    name: 'stack',
    check: (observed, desired) => {
      if (!observed.engine.ok || desired === null || desired.files.length === 0)
        return open('not rendered yet');
      const { containers } = observed.engine.value;
      const waiting = desired.services
        .filter(
          ({ name }) =>
            !containers.some(
              (container) =>
                container.service === name &&
                container.state === 'running' &&
                container.generation === desired.generations.get(name),
            ),
        )
        .map(({ name }) => name);
      return waiting.length === 0 && filesToWrite(observed, desired).length === 0
        ? done('its containers run')
        : open(`not running as configured: ${waiting.join(', ') || 'files to be written'}`);
    },
  },
  {
    name: 'serving',
    check: ({ verdicts }, desired) => {
      if (desired === null) return open('nothing to ask yet');
      const silent = desired.services.filter(({ name }) => !verdicts.get(name)?.ok).map(({ name }) => name);
      return silent.length === 0
        ? done('every service answers its probe')
        : open(`no answer yet: ${silent.join(', ')}`);
    },
  },
];
