import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { Catalog, CatalogWrite, Workflow } from '#core/ports.ts'
import { apiHandlers, findRoute } from '#functions/api/index.ts'
import { toAnswer } from '#functions/middleware/problem.ts'
import { openApiDocument } from '#functions/openapi/document.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, signToken, vmUuid } from '#test/support/fake-gateway.ts'
import { fromJsonSchema, type JsonSchema, spoiled } from '#test/support/from-json-schema.ts'

/*
 * Whoever can reach the API can send it anything. The OpenAPI document says what each route takes, so calls are made from it: good ones, with
 * ids that mean something and ids that do not, and the same with one thing wrong.
 *
 * Pass: no call is answered 500 or throws; what is refused is problem+json with a code that the document tells of, and has changed nothing but records, nonces and keys; what is
 * answered is what the contract says.
 */

const SEED = Number(process.env.XENKEEP_FUZZ_SEED ?? 20261123)
/** Calls of each route on the memory catalog; more by the environment, to look longer. */
const RUNS = Number(process.env.XENKEEP_FUZZ_RUNS ?? 8)
const EVENT_ID = '01J000000000000000000000PT'

interface Operation {
  requestBody?: { content: { 'application/json': { schema: JsonSchema } } }
  parameters: { name: string; in: string; schema: JsonSchema; required?: boolean }[]
  responses: Record<string, { description: string }>
}

const document = openApiDocument() as unknown as {
  components: { schemas: Record<string, JsonSchema> }
  paths: Record<string, Record<string, Operation>>
}

const operationOf = ({ path, method }: Route): Operation | undefined =>
  document.paths[path]?.[method.toLowerCase()]

/** What a refused call may leave behind. */
const MAY_STAY = /^(AUDIT|NONCES#|IDEMPOTENT$|GUESSES$)/

/** Signs of life, which are true whatever becomes of the call that they came with. */
const SIGNS_OF_LIFE = new Set(['GATEWAYS', 'KEEPERS', 'POOLS', 'REPOSITORIES'])

const inert: Workflow = {
  start: async () => 'running',
  stop: async () => {},
  succeedTask: async () => true,
  failTask: async () => true,
  heartbeatTask: async () => true,
}

const noting = (catalog: Catalog) => {
  const written: CatalogWrite[] = []
  const noted: Catalog = {
    get: key => catalog.get(key),
    query: (pk, options) => catalog.query(pk, options),
    async write(writes) {
      await catalog.write(writes)
      written.push(...writes)
    },
  }
  return { noted, written }
}

/** A site with something in every list, so that good calls find something. */
const setUp = async (catalog: Catalog) => {
  const { noted, written } = noting(catalog)
  const api = await testApi({ catalog: noted, workflow: inert })
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  const point = pointOf(EVENT_ID, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL })
  const path = `/v1/repositories/${point.repositoryId}/points`
  await api.asGateway('PUT', path, { points: [point] })
  const run = await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  const token = await api.asPerson('POST', '/v1/tokens', { name: 'tickets', role: 'viewer' })
  const known = [
    ...['web01', 'db01', POOL, vmUuid(1), vmUuid(2), EVENT_ID, gatewayId, point.repositoryId],
    ...[String(run.json.runId), String(token.json.tokenId)],
  ]
  return { api, written, known, handlers: apiHandlers(api.ports) }
}

interface Call {
  params: Record<string, string>
  query: string
  body: { text?: string; base64?: string }
  authorization: string
  contentType: string
  idempotencyKey: string | undefined
}

const bodyOf = (json: unknown) => ({ text: JSON.stringify(json) })

const callsOf = (route: Route, name: string, known: readonly string[]): fc.Arbitrary<Call> => {
  const { schemas } = document.components
  const make = fromJsonSchema(schemas, known)
  const schemaOf = (part: 'Query' | 'Body') =>
    schemas[`${name}${part}`] ?? requestSchemaOf(route, part)
  const body = make(schemaOf('Body'))
  const query = make(schemaOf('Query')).map(members =>
    new URLSearchParams(
      Object.entries(members as object).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]),
    ).toString(),
  )
  const oddText = fc.oneof(fc.constantFrom('__proto__', '..', '%00', '%F0%9F%98%80'), fc.string())
  const params = Object.fromEntries(
    Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, param = '']) => [
      param,
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...known) },
        {
          weight: 1,
          arbitrary: oddText.map(text => encodeURIComponent(text.toWellFormed()) || 'x'),
        },
      ),
    ]),
  )
  return fc.record({
    params: fc.record(params, { noNullPrototype: true }),
    query: fc.oneof(
      { weight: 4, arbitrary: query },
      fc.constantFrom(
        'limit=0',
        'limit=1e9',
        'limit=1&limit=2',
        'after=x',
        '__proto__=1',
        'x=%',
        '&&=',
      ),
    ),
    body: fc.oneof(
      { weight: 4, arbitrary: body.map(bodyOf) },
      { weight: 4, arbitrary: spoiled(body).map(bodyOf) },
      { weight: 1, arbitrary: fc.string().map(text => ({ text })) },
      { weight: 1, arbitrary: fc.constantFrom({}, { base64: '/w==' }, { base64: '7aCA' }) },
    ),
    authorization: fc.constantFrom(
      ...['Bearer person', 'Bearer person', 'Bearer operator', 'Bearer viewer', 'Bearer x', ''],
    ),
    contentType: fc.constantFrom('application/json', 'text/plain', 'application/xml', ''),
    idempotencyKey: fc.option(fc.constantFrom('one', 'two', ' ', 'ü'), { nil: undefined }),
  })
}

/** A part that is a component under a name of its own is found by what the document says of the operation. */
const requestSchemaOf = (route: Route, part: 'Query' | 'Body'): JsonSchema => {
  const operation = operationOf(route)
  if (part === 'Body')
    return operation?.requestBody?.content['application/json'].schema ?? { type: 'object' }
  const members = (operation?.parameters ?? []).filter(parameter => parameter.in === 'query')
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(({ name, schema }) => [name, schema])),
    required: members.filter(({ required }) => required).map(({ name }) => name),
  }
}

type Site = Awaited<ReturnType<typeof setUp>>

const send = async ({ api, handlers }: Site, route: Route, call: Call) => {
  const path = route.path.replace(/\{(\w+)\}/g, (_, param: string) => call.params[param] ?? '')
  const authorization =
    route.audience === 'gateway' && call.authorization !== 'Bearer x'
      ? `Bearer ${await signToken(api.gateway, route.method, path, {}, NOON)}`
      : call.authorization
  const { text, base64 } = call.body
  const body = base64 ?? text
  try {
    const { name, params } = findRoute(route.method, path)
    return await handlers[name]({
      rawPath: path,
      rawQueryString: call.query,
      headers: {
        ...(authorization && { authorization }),
        ...(call.contentType && { 'content-type': call.contentType }),
        ...(call.idempotencyKey !== undefined && { 'idempotency-key': call.idempotencyKey }),
      },
      pathParameters: params,
      requestContext: { http: { method: route.method, sourceIp: '192.0.2.1' } },
      isBase64Encoded: base64 !== undefined,
      ...(route.method === 'GET' || body === undefined ? {} : { body }),
    })
  } catch (error) {
    return toAnswer(error)
  }
}

const check = (
  route: Route,
  site: Site,
  before: number,
  answer: Awaited<ReturnType<typeof send>>,
) => {
  const json = JSON.parse(answer.body)
  expect(answer.statusCode, answer.body).not.toBe(500)
  if (answer.statusCode === 200) {
    const reply = route.reply.safeParse(json)
    expect(reply.success, reply.error?.message).toBe(true)
    return
  }
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(json).toMatchObject({
    type: 'about:blank',
    status: answer.statusCode,
    code: expect.stringMatching(/^[A-Z][A-Z0-9_]*$/),
    message: expect.any(String),
    advice: expect.any(String),
  })
  const told = operationOf(route)?.responses[answer.statusCode]
  expect(told?.description, `${route.path} tells of ${json.code}`).toMatch(
    new RegExp(`\\b${json.code}\\b`),
  )
  const left = site.written
    .slice(before)
    .map(({ key }) => key.pk)
    .filter(pk => !MAY_STAY.test(pk))
    .filter(pk => !(route.audience === 'gateway' && SIGNS_OF_LIFE.has(pk)))
  expect(left, `refused with ${json.code}`).toEqual([])
}

const catalogs: [string, () => { catalog: Catalog; end: () => void }, number][] = [
  ['memory', () => ({ catalog: memoryCatalog(), end: () => {} }), RUNS],
  [
    'SQLite',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'xenkeep-fuzz-'))
      const catalog = openSqliteCatalog(join(directory, 'catalog.sqlite'))
      const end = () => {
        catalog.close()
        rmSync(directory, { recursive: true })
      }
      return { catalog, end }
    },
    Math.ceil(RUNS / 3),
  ],
]

test.each(catalogs)(
  `calls made from the OpenAPI document, good ones and bad ones, on the %s catalog (seed ${SEED})`,
  async (_, open, numRuns) => {
    const { catalog, end } = open()
    const site = await setUp(catalog)
    const statuses = new Map<number, number>()
    for (const [name, route] of Object.entries(routes) as [RouteName, Route][])
      await fc.assert(
        fc.asyncProperty(callsOf(route, name, site.known), async call => {
          const before = site.written.length
          const answer = await send(site, route, call)
          statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1)
          check(route, site, before, answer)
        }),
        { seed: SEED, numRuns, endOnFailure: true },
      )
    // The calls are worth something: they get through, and are refused for all kinds of reasons.
    for (const status of numRuns < RUNS ? [200, 400] : [200, 400, 401, 403, 404, 409])
      expect(statuses.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(0)
    end()
  },
)
