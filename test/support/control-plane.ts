import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localTransit } from '#adapters/fs/transit.ts'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { noSchedules } from '#adapters/memory/schedules.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { noGrants } from '#core/access/grants.ts'
import { type Client, createClient } from '#core/contracts/client.ts'
import { createCode } from '#core/gateways/enrol.ts'
import type { Workflow } from '#core/ports.ts'
import { regionGate } from '#core/region/gate.ts'
import { alone } from '#core/region/region.ts'
import type { Ports, Timing } from '#functions/ports.ts'
import { commitBackup } from '#functions/workflow/commit-backup.ts'
import { dispatchToGateway } from '#functions/workflow/dispatch-job.ts'
import { planRun } from '#functions/workflow/plan-run.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { bearerAuthenticator } from '#local/bearer-authenticator.ts'
import { type HttpFront, listenHttp } from '#local/http-front.ts'
import { transitDoor } from '#local/transit-door.ts'

/**
 * Does what the state machines do with the same task functions, one after the other and without the machines: for tests
 * that want a control plane to talk to.
 */
export const directWorkflow = (ports: Omit<Ports, 'workflow'>): Workflow => {
  const waiting = new Map<string, () => void>()
  const all = (): Ports => ({ ...ports, workflow })

  const execute = async ({ runId, attempt }: { runId: string; attempt: number }) => {
    const planned = await planRun(all())({ runId, attempt })
    const items = 'items' in planned ? planned.items : []
    await Promise.all(
      items.map(async ({ jobId }) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const taskToken = crypto.randomUUID()
        waiting.set(taskToken, resolve)
        await dispatchToGateway(all())({ runId, attempt, jobId, taskToken })
        await promise
        await commitBackup(all())({ runId, attempt, jobId })
      }),
    )
    await reportRun(all())({ runId, attempt })
  }

  const workflow: Workflow = {
    start: async (_machine, _name, input) => {
      void execute(input as { runId: string; attempt: number })
      return 'running'
    },
    stop: async () => {},
    succeedTask: async token => {
      waiting.get(token)?.()
      return waiting.delete(token)
    },
    failTask: async token => waiting.delete(token),
    heartbeatTask: async token => waiting.has(token),
  }
  return workflow
}

/** There is no other. */
export const oneRegion = regionGate({
  catalog: memoryCatalog(),
  clock: systemClock,
  random: systemRandom,
  setup: alone('here'),
})

export interface TestControlPlane extends HttpFront {
  /** As a person, with a good bearer token. */
  person: Client
  ports: Ports
  enrolmentCode(): Promise<string>
}

/** A control plane in this process: the real HTTP front and handlers on a memory catalog. */
export const startControlPlane = async (
  given: Partial<Omit<Ports, 'timing'>> & { timing?: Partial<Timing> } = {},
): Promise<TestControlPlane> => {
  const token = 'test-token'
  const folder = join(tmpdir(), `xenkeep-transit-${crypto.randomUUID()}`)
  const transit = localTransit({ folder, clock: given.clock ?? systemClock, reserve: 0 })
  const base = {
    catalog: memoryCatalog(),
    clock: systemClock,
    random: systemRandom,
    items: inlineItems(),
    deliver: memoryDeliver(),
    authenticator: bearerAuthenticator(token),
    grants: noGrants,
    restoreApproval: 'none' as const,
    auditCopy: { chain: 'test', open: async () => memoryObjectStore() },
    transit,
    repositoryAddress: 'file:/nowhere',
    region: oneRegion,
    schedules: noSchedules,
    ...given,
    timing: {
      idlePollSeconds: 0.05,
      activePollSeconds: 0.05,
      heartbeatSeconds: 0.1,
      gatewayKeyDays: 90,
      ...given.timing,
    },
  }
  const ports: Ports = { ...base, workflow: given.workflow ?? directWorkflow(base) }
  const front = await listenHttp(
    ports,
    { host: '127.0.0.1', port: 0 },
    { transit: transitDoor(transit) },
  )
  const { catalog, random, clock } = ports
  return {
    ...front,
    async close() {
      await front.close()
      await rm(folder, { recursive: true, force: true })
    },
    ports,
    person: createClient({ baseUrl: front.url, fetch, authorize: () => `Bearer ${token}` }),
    enrolmentCode: async () => (await createCode(catalog, random, clock.now())).code,
  }
}
