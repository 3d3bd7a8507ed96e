import { z } from 'zod'
import { RepositoryId, Ulid, XenUuid } from '#core/contracts/ids.ts'
import { pathParameter } from '#core/contracts/path-parameter.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, rooms, routes } from '#core/contracts/routes.ts'
import { namedSchemas } from '#core/contracts/schemas.ts'
import { answersOf, PROBLEM_DETAILS } from './answers.ts'
import { introduction } from './introduction.ts'

type Json = Record<string, unknown>

const REF = '#/components/schemas/'

/** The members of a query as parameters. */
const parametersOf = (query: Json): Json[] =>
  Object.entries((query.properties ?? {}) as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: ((query.required ?? []) as string[]).includes(name),
    schema,
    ...(name === 'after' && {
      description: 'The `next` of the page before, of the same list with the same filters.',
    }),
    ...(name === 'limit' && { description: 'The most items of this page.' }),
  }))

const ID_NAMES = new Map<z.ZodType, string>([
  [Ulid, 'Ulid'],
  [RepositoryId, 'RepositoryId'],
  [XenUuid, 'XenUuid'],
])

const pathParametersOf = (path: string): Json[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { $ref: `${REF}${ID_NAMES.get(pathParameter(name))}` },
  }))

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  description:
    'The same for each repetition of this call, so that it is done once; kept for 24 hours.',
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'The ETag of the answer that is known: where it would be the same, it is not sent.',
}

const ETAG = {
  ETag: { schema: { type: 'string' }, description: 'Stands for just this answer.' },
}

const SECURITY = {
  person: [{ person: [] }],
  gateway: [{ gateway: [] }],
  code: [], // the code in the body is the proof
}

/** Whether a call of it may carry an idempotency key. */
const takesKey = ({ audience, method }: Route): boolean => audience === 'person' && method !== 'GET'

/** Whether its answers bear an ETag (functions/middleware/conditional.ts). */
const bearsTag = ({ audience, method }: Route): boolean => audience === 'person' && method === 'GET'

const describe = (route: Route): string => {
  const who =
    route.audience === 'person'
      ? `For people and outside systems with the role ${route.role}${route.role === 'administrator' ? '' : ' or a higher one'}.`
      : route.audience === 'gateway'
        ? 'For gateways, which sign each call with their own key.'
        : 'For who holds a one-time code.'
  const secret = route.secretReply
    ? ' The answer holds a secret that is told once: a repeated call under the same idempotency key is refused instead of answered.'
    : ''
  return `${who}${secret}`
}

const operationOf = (
  name: RouteName,
  room: string,
  schema: (part: string) => Json,
  query: Json,
): Json => {
  const route: Route = routes[name]
  const isBodyless = route.method === 'GET' || isNothing(route.body)
  return {
    operationId: name,
    tags: [room],
    summary: route.summary,
    description: describe(route),
    security: SECURITY[route.audience],
    ...(route.audience === 'person' && { 'x-role': route.role }),
    'x-audience': route.audience,
    parameters: [
      ...pathParametersOf(route.path),
      ...parametersOf(query),
      ...(takesKey(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      ...(bearsTag(route) ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
    ],
    ...(!isBodyless && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schema('body') } },
      },
    }),
    responses: {
      200: {
        description: 'Done.',
        ...(bearsTag(route) && { headers: ETAG }),
        content: { 'application/json': { schema: schema('reply') } },
      },
      ...(bearsTag(route) && {
        304: { description: 'The answer is the one whose ETag was given.', headers: ETAG },
      }),
      ...answersOf(route),
    },
  }
}

const isNothing = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject && Object.keys(schema.shape).length === 0

/** OpenAPI 3.1 of all routes, from their contracts. @see https://spec.openapis.org/oas/v3.1.1.html */
export const openApiDocument = (): Json => {
  const registry = z.registry<{ id: string }>()
  const idOf = new Map<z.ZodType, string>()
  const register = (schema: z.ZodType, id: string) => {
    const before = idOf.get(schema)
    if (before !== undefined) return before
    registry.add(schema, { id })
    idOf.set(schema, id)
    return id
  }
  for (const [schema, name] of ID_NAMES) register(schema, name)
  for (const [name, schema] of namedSchemas()) register(schema, name)
  const all = Object.keys(routes) as RouteName[]
  const parts = new Map<string, string>()
  for (const name of all)
    for (const part of ['query', 'body', 'reply'] as const)
      parts.set(`${name}.${part}`, register(routes[name][part], `${name}${title(part)}`))

  // What callers send; replies are sent as they are typed, before defaults would be filled in, so both are the input side.
  const { schemas } = z.toJSONSchema(registry, {
    target: 'draft-2020-12',
    io: 'input',
    uri: id => `${REF}${id}`,
  }) as { schemas: Record<string, Json> }
  for (const schema of Object.values(schemas)) tidy(schema)

  const isOf = new Map(
    Object.entries(rooms).flatMap(([room, own]) => Object.keys(own).map(name => [name, room])),
  )
  const paths: Record<string, Json> = {}
  for (const name of all) {
    const { path, method } = routes[name]
    const ref = (part: string) => ({ $ref: `${REF}${parts.get(`${name}.${part}`)}` })
    const query = schemas[parts.get(`${name}.query`) ?? ''] ?? {}
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: operationOf(name, isOf.get(name) ?? '', ref, query),
    }
  }
  const used = reachable(schemas, JSON.stringify(paths))
  const asked = reachable(schemas, all.map(name => `"${REF}${parts.get(`${name}.body`)}"`).join())
  for (const [name, schema] of Object.entries(schemas)) if (!asked.has(name)) loosen(schema)

  return {
    ...introduction(Object.keys(rooms)),
    paths,
    components: {
      securitySchemes: {
        person: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An access token of the user pool, or a token made with `xenkeep tokens create`.',
        },
        gateway: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Signed by the gateway with its Ed25519 key, for one call within a minute.',
        },
      },
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY, IfNoneMatch: IF_NONE_MATCH },
      schemas: Object.fromEntries(
        Object.entries({ ...schemas, ProblemDetails: PROBLEM_DETAILS })
          .filter(([name]) => used.has(name))
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    },
  }
}

const title = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`

/** Names of the schemas that a text refers to, straight or through others. */
const reachable = (schemas: Record<string, Json>, text: string): Set<string> => {
  const found = new Set<string>()
  const follow = (from: string) => {
    for (const [, name = ''] of from.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      if (!found.has(name)) {
        found.add(name)
        follow(JSON.stringify(schemas[name] ?? {}))
      }
  }
  follow(text)
  return found
}

const each = (json: unknown, visit: (object: Json) => void): void => {
  if (typeof json !== 'object' || json === null) return
  if (!Array.isArray(json)) visit(json as Json)
  for (const value of Object.values(json)) each(value, visit)
}

/** The document says once which dialect it is in, and where each schema stands says its name. */
const tidy = (schema: Json): void => {
  delete schema.$schema
  delete schema.$id
  delete schema.id
}

/** A reply may grow by members with a later version; who reads it passes them over. */
const loosen = (schema: Json): void =>
  each(schema, object => {
    if (object.additionalProperties === false) delete object.additionalProperties
  })
