import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { noSchedules } from '#adapters/memory/schedules.ts'
import { memoryTransit } from '#adapters/memory/transit.ts'
import { noGrants } from '#core/access/grants.ts'
import type { Role } from '#core/contracts/routes/route.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import type { Random } from '#core/ports.ts'
import { apiHandlers, findRoute } from '#functions/api/index.ts'
import { toAnswer } from '#functions/middleware/problem.ts'
import type { HttpEvent } from '#functions/middleware/route-call.ts'
import type { Ports } from '#functions/ports.ts'
import { directWorkflow, oneRegion } from './control-plane.ts'
import { type FakeIdentity, makeKeyPair, signToken } from './fake-gateway.ts'

/** 2026-11-22T00:00:00Z */
export const NOON = Date.UTC(2026, 10, 22)

/** `Bearer person` may do all. */
const PEOPLE: Readonly<Record<string, Role>> = {
  ...{ 'Bearer person': 'administrator', 'Bearer operator': 'operator', 'Bearer viewer': 'viewer' },
}

/** Bytes that differ each time and are the same in each test. */
const countingRandom = (): Random => {
  let count = 0
  return {
    bytes: size =>
      Uint8Array.from({ length: size }, (_, index) => (count++ * 37 + index * 11) & 255),
  }
}

export interface TestApi {
  ports: Ports
  /** Moves the frozen clock. */
  wait(ms: number): void
  gateway: FakeIdentity
  /** Makes a call as Lambda would get it from API Gateway. */
  call(
    method: string,
    path: string,
    given?: {
      body?: unknown
      rawBody?: string
      query?: string
      authorization?: string
      idempotencyKey?: string
      /** Where it comes from. */
      address?: string
    },
  ): Promise<{ status: number; headers: Record<string, string>; json: Record<string, unknown> }>
  asPerson(
    method: string,
    path: string,
    body?: unknown,
    query?: string,
  ): ReturnType<TestApi['call']>
  asGateway(method: string, path: string, body?: unknown): ReturnType<TestApi['call']>
}

const enrolOne = async ({ catalog, random }: Ports, now: number): Promise<FakeIdentity> => {
  const { publicKey, privateKey } = await makeKeyPair()
  const { code } = await createCode(catalog, random, now)
  const request = { code, name: 'site A', publicKey }
  const gatewayId = await enrolGateway(catalog, request, '01J000000000000000000000GW', now)
  return { gatewayId, privateKey }
}

/**
 * All handlers on a memory catalog and a frozen clock, with one enrolled gateway.
 * @param enrolled a gateway that the catalog knows already
 */
export const testApi = async (
  given: Partial<Ports> = {},
  enrolled?: FakeIdentity,
): Promise<TestApi> => {
  let now = NOON
  const auditStore = memoryObjectStore()
  const base = {
    catalog: memoryCatalog(),
    clock: { now: () => now },
    random: countingRandom(),
    items: inlineItems(),
    deliver: memoryDeliver(),
    authenticator: {
      person: async ({ authorization }: { authorization?: string | undefined }) => {
        const role = authorization && PEOPLE[authorization]
        if (!role) throw new TokenInvalidError('it is the wrong token')
        return { name: 'someone', role }
      },
    },
    grants: noGrants,
    restoreApproval: 'none' as const,
    auditCopy: { chain: 'test', open: async () => auditStore },
    transit: memoryTransit({ clock: { now: () => now } }),
    timing: { idlePollSeconds: 20, activePollSeconds: 2, heartbeatSeconds: 30, gatewayKeyDays: 90 },
    repositoryAddress: 's3://backups/one',
    region: oneRegion,
    schedules: noSchedules,
    ...given,
  }
  const ports: Ports = { ...base, workflow: given.workflow ?? directWorkflow(base) }
  const handlers = apiHandlers(ports)
  const gateway = enrolled ?? (await enrolOne(ports, now))

  const call: TestApi['call'] = async (
    method,
    path,
    { body, rawBody, query, authorization, idempotencyKey, address } = {},
  ) => {
    const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await (async () => {
      const { name, params } = findRoute(method, path)
      const event: HttpEvent = {
        rawPath: path,
        rawQueryString: query ?? '',
        headers: {
          ...(authorization && { authorization }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        pathParameters: params,
        requestContext: { http: { method, ...(address && { sourceIp: address }) } },
        isBase64Encoded: false,
        ...(text === undefined ? {} : { body: text }),
      }
      return handlers[name](event)
    })().catch(toAnswer)
    return {
      status: answer.statusCode,
      headers: answer.headers,
      json: JSON.parse(answer.body) as Record<string, unknown>,
    }
  }

  return {
    ports,
    gateway,
    call,
    wait: ms => {
      now += ms
    },
    asPerson: (method, path, body, query) =>
      call(method, path, {
        authorization: 'Bearer person',
        ...(body === undefined ? {} : { body }),
        ...(query === undefined ? {} : { query }),
      }),
    asGateway: async (method, path, body) =>
      call(method, path, {
        authorization: `Bearer ${await signToken(gateway, method, path, {}, now)}`,
        ...(body === undefined ? {} : { body }),
      }),
  }
}
