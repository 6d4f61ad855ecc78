import * as z from 'zod';
import { inWords } from './livekit-accepts.ts';

const entryPoint = z.strictObject({
  address: z.string().regex(/^:\d+$/),
  http: z
    .strictObject({
      redirections: z.strictObject({
        entryPoint: z.strictObject({ to: z.string(), scheme: z.literal('https') }),
      }),
    })
    .optional(),
});

/** An unknown key in it ends Traefik v3.7 at its start (pkg/config/static). */
const staticSchema = z.strictObject({
  global: z.strictObject({ checkNewVersion: z.literal(false), sendAnonymousUsage: z.literal(false) }),
  log: z.strictObject({
    level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
    format: z.enum(['common', 'json']),
  }),
  entryPoints: z.record(z.string(), entryPoint),
  ping: z.strictObject({ entryPoint: z.string() }),
  providers: z.strictObject({
    file: z.strictObject({ directory: z.string().startsWith('/'), watch: z.literal(true) }),
  }),
  certificatesResolvers: z
    .record(
      z.string(),
      z.strictObject({
        acme: z.strictObject({
          email: z.email().optional(),
          storage: z.string().startsWith('/'),
          tlsChallenge: z.strictObject({}),
        }),
      }),
    )
    .optional(),
});

/** With an unknown key Traefik leaves out the whole file: every route of it would be a 404 (pkg/config/dynamic). */
const routesSchema = z.strictObject({
  http: z.strictObject({
    middlewares: z.record(
      z.string(),
      z.strictObject({
        ipAllowList: z.strictObject({ sourceRange: z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1) }),
      }),
    ),
    routers: z.record(
      z.string(),
      z.strictObject({
        rule: z.string().min(1),
        service: z.string(),
        entryPoints: z.array(z.string()).min(1),
        middlewares: z.array(z.string()).optional(),
        priority: z.int().positive().optional(),
        tls: z.strictObject({ certResolver: z.string().optional() }),
      }),
    ),
    services: z.record(
      z.string(),
      z.strictObject({
        loadBalancer: z.strictObject({
          servers: z.array(z.strictObject({ url: z.url({ protocol: /^http$/ }) })).min(1),
        }),
      }),
    ),
  }),
});

/** Why Traefik would not start, or would not serve a route, with these files as parsed YAML. */
export function traefikRefuses(staticFile: unknown, routesFile: unknown): readonly string[] {
  const atStart = staticSchema.safeParse(staticFile);
  const routes = routesSchema.safeParse(routesFile);
  if (!atStart.success) return inWords(atStart.error);
  if (!routes.success) return inWords(routes.error);
  return danglingNames(atStart.data, routes.data);
}

/** A route that names what is not there is not served; one without its middleware would let everybody in. */
function danglingNames(
  { entryPoints, ping, certificatesResolvers = {} }: z.infer<typeof staticSchema>,
  { http }: z.infer<typeof routesSchema>,
): readonly string[] {
  const middlewares = Object.keys(http.middlewares).map((name) => `${name}@file`);
  const check = (place: string, names: readonly string[], known: readonly string[]) =>
    names.filter((name) => !known.includes(name)).map((name) => `${place}: there is no ${name}`);
  return [
    ...check('ping.entryPoint', [ping.entryPoint], Object.keys(entryPoints)),
    ...Object.entries(http.routers).flatMap(([name, router]) => [
      ...check(`routers.${name}.service`, [router.service], Object.keys(http.services)),
      ...check(`routers.${name}.entryPoints`, router.entryPoints, Object.keys(entryPoints)),
      ...check(`routers.${name}.middlewares`, router.middlewares ?? [], middlewares),
      ...check(
        `routers.${name}.tls.certResolver`,
        router.tls.certResolver === undefined ? [] : [router.tls.certResolver],
        Object.keys(certificatesResolvers),
      ),
    ]),
  ];
}
