import { ulid } from 'ulid'
import { type MemoryTransit, memoryTransit } from '#adapters/memory/transit.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import type { AnswerView } from '#core/contracts/guest-files.ts'
import type { Role } from '#core/contracts/routes/route.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import type { Ports } from '#functions/ports.ts'
import { ANSWER_KEY, SEAL } from './answer-key.ts'
import { NOON, testApi } from './call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from './fake-gateway.ts'

const ROLES: Record<string, Role> = {
  ...{ olga: 'operator', otto: 'operator', anna: 'administrator', vera: 'viewer' },
}

/** A site with a point of "web01" and a gateway that is marked for maintenance, and both sides of looks at its files. */
export const lookAtFiles = async (given: Partial<Ports> = {}) => {
  let moved = 0
  const transit: MemoryTransit = memoryTransit({ clock: { now: () => NOON + moved } })
  const api = await testApi({
    transit,
    authenticator: {
      person: async ({ authorization }) => {
        const name = authorization?.replace('Bearer ', '') ?? ''
        const role = ROLES[name]
        if (!role) throw new TokenInvalidError('it is the wrong token')
        return { name, role }
      },
    },
    ...given,
  })
  const { gatewayId } = api.gateway
  const as = (who: string, method: string, path: string, body?: unknown, query?: string) =>
    api.call(method, path, {
      authorization: `Bearer ${who}`,
      ...(body !== undefined && { body }),
      ...(query !== undefined && { query }),
    })
  await as('anna', 'PUT', `/v1/gateways/${gatewayId}`, { maintenance: true })
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf('web01')] })
  const addPoint = async (more: object = {}) => {
    const pointId = ulid()
    const point = pointOf(pointId, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL })
    const { repositoryId } = point
    const points = [{ ...point, ...more }]
    await api.asGateway('PUT', `/v1/repositories/${repositoryId}/points`, { points })
    return pointId
  }
  const pointId = await addPoint()
  const instance = ulid()

  return {
    api,
    as,
    transit,
    addPoint,
    pointId,
    wait(ms: number) {
      moved += ms
      api.wait(ms)
    },
    start: (who = 'olga', of = pointId) =>
      as(who, 'POST', '/v1/runs', { kind: 'files', pointId: of, publicKey: ANSWER_KEY }),
    run: async (runId: string) =>
      (await as('anna', 'GET', `/v1/runs/${runId}`)).json as {
        run: Record<string, unknown>
        jobs: Record<string, unknown>[]
      },
    lease: async (more: object = {}) => {
      const body = { instance, freeSlots: 4, pools: [POOL], holding: [], ...more }
      const path = `/v1/gateways/${gatewayId}/lease`
      return (await api.asGateway('POST', path, body)).json.jobs as {
        jobId: string
        runId: string
        epoch: number
        spec: { kind: string }
      }[]
    },
    ask: (who: string, runId: string, body: unknown) =>
      as(who, 'POST', `/v1/runs/${runId}/questions`, body),
    see: async (who: string, runId: string, questionId: string, from = 0) => {
      const path = `/v1/runs/${runId}/questions/${questionId}`
      const { status, json } = await as(who, 'GET', path, undefined, `from=${from}`)
      return { status, json, answer: json as unknown as AnswerView }
    },
    next: (jobId: string, epoch = 1, holding: string[] = []) =>
      api.asGateway('POST', `/v1/jobs/${jobId}/questions`, { epoch, holding }),
    tell: (jobId: string, body: object) =>
      api.asGateway('POST', `/v1/jobs/${jobId}/answers`, { epoch: 1, ...body }),
    part: (jobId: string, questionId: string, number: number, bytes: number, more: object = {}) =>
      api.asGateway('POST', `/v1/jobs/${jobId}/answers`, {
        ...{ epoch: 1, questionId, seal: SEAL, part: { number, bytes } },
        ...more,
      }),
    records: async (action: string) => {
      const { json } = await as('anna', 'GET', '/v1/audit', undefined, `action=${action}`)
      return (json.items as AuditRecord[]).toReversed()
    },
  }
}
