import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { elementCallServices } from '../../../agent/stack/element-call/services.ts';
import { elementCallStack } from '../../../agent/stack/element-call/stack.ts';
import { lintLocked } from '../../../agent/stack/lint-locked.ts';
import { plain } from './element-call/samples.ts';

const networks = z.record(z.string(), z.record(z.string(), z.unknown()));
const documentSchema = z.looseObject({
  services: z.record(z.string(), z.looseObject({ networks: networks.optional() })),
});
const services = elementCallServices(plain.config);
const rendered = elementCallStack.render(plain).find(({ path }) => path === 'compose.yaml')?.content ?? '';

/** The places that are refused when the service has these networks in the file as it is rendered. */
function refused(service: string, change: (given: z.infer<typeof networks>) => z.infer<typeof networks>) {
  const document = documentSchema.parse(parse(rendered));
  const given = document.services[service];
  if (given === undefined) throw new Error(`no ${service}`);
  const altered = { ...given, networks: change(given.networks ?? {}) };
  const content = { ...document, services: { ...document.services, [service]: altered } };
  return lintLocked(content, services).map(({ place }) => place);
}

test('the file as it is rendered does not contradict the lock', (t) => {
  t.deepEqual(lintLocked(parse(rendered), services), []);
});

test('nobody joins the network of a locked service whom its egress does not name', (t) => {
  const joined = refused('tuwunel', (given) => ({ ...given, token: { ipv4_address: '172.30.5.140' } }));
  t.deepEqual(joined, ['services.tuwunel.networks.token']);
});

test('a service that is locked in has no other network, and is on its own', (t) => {
  t.deepEqual(
    refused('lk-jwt', (given) => ({ ...given, rtc: {} })),
    ['services.lk-jwt.networks'],
  );
  t.deepEqual(
    refused('lk-jwt', () => ({ rtc: {} })),
    ['services.lk-jwt.networks'],
  );
});

test('whom it may reach is there', (t) => {
  t.deepEqual(
    refused('livekit', () => ({ rtc: {} })),
    ['services.livekit.networks'],
  );
});

test('each member has a fixed address, and no two the same', (t) => {
  const place = 'services.traefik.networks.token.ipv4_address';
  t.deepEqual(
    refused('traefik', () => ({ rtc: {}, token: {} })),
    [place],
  );
  const same = refused('traefik', (given) => ({ ...given, token: { ipv4_address: '172.30.5.131' } }));
  t.is(same.length, 1);
  t.regex(same.join(), /networks\.token\.ipv4_address$/);
});

test('without a locked service nobody is on such a network', (t) => {
  t.deepEqual(lintLocked({ services: { livekit: { networks: { rtc: null } } } }, []), []);
});
