import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { noSchedules } from '#adapters/memory/schedules.ts'
import { memoryTransit } from '#adapters/memory/transit.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { noGrants } from '#core/access/grants.ts'
import type { Catalog } from '#core/ports.ts'
import type { Ports } from '#functions/ports.ts'
import { taskHandlers } from '#functions/workflow/index.ts'
import { localWorkflow } from '#local/workflow/workflow.ts'
import { oneRegion } from './control-plane.ts'

/** What whoever waits for an answer meets. */
export class Died extends Error {}

/** Does `budget` writes; the next one is done as well, but nobody hears of it, nor of anything after. */
const dyingCatalog = (catalog: Catalog, budget: number) => {
  let left = budget
  const death = Promise.withResolvers<never>()
  death.promise.catch(() => {})
  const alive = <T>(answer: Promise<T>) => (left < 0 ? new Promise<never>(() => {}) : answer)
  const dying: Catalog = {
    get: key => alive(catalog.get(key)),
    query: (pk, options) => alive(catalog.query(pk, options)),
    write: async writes => {
      if (left < 0) return alive(Promise.resolve())
      left -= 1
      await catalog.write(writes)
      if (left < 0) death.reject(new Died())
      return alive(Promise.resolve())
    },
  }
  return { dying, death: death.promise, hasDied: () => left < 0 }
}

/** A control plane in this process that dies with its `budget`th write, on the synthesised machines. */
export const startInstance = (catalog: Catalog, budget: number) => {
  const { dying, death, hasDied } = dyingCatalog(catalog, budget)
  const ports: Ports = {
    catalog: dying,
    clock: { now: () => Date.now() },
    random: systemRandom,
    items: inlineItems(),
    deliver: memoryDeliver(),
    authenticator: { person: async () => ({ name: 'someone', role: 'administrator' as const }) },
    grants: noGrants,
    restoreApproval: 'none',
    timing: { idlePollSeconds: 1, activePollSeconds: 1, heartbeatSeconds: 1, gatewayKeyDays: 90 },
    transit: memoryTransit({ clock: { now: () => Date.now() } }),
    auditCopy: { chain: 'test', open: async () => memoryObjectStore() },
    repositoryAddress: 'file:/nowhere',
    schedules: noSchedules,
    region: oneRegion,
    workflow: localWorkflow({ handlers: () => taskHandlers(ports), log: () => {} }),
  }
  return {
    ports,
    hasDied,
    /** A call from outside: answered, or never, because the process is gone. */
    ask: <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, death]),
  }
}
export type Instance = ReturnType<typeof startInstance>
