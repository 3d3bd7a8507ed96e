import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { createPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog, Workflow } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { createRun } from '#core/runs/runs-catalog.ts'

export const LARGE_RUN = '01J00000000000000000000000'
const NOW = Date.UTC(2026, 10, 22)

const uuid = (pool: number, vm: number) =>
  `${String(pool).padStart(8, '0')}-0000-4000-8000-${String(vm).padStart(12, '0')}`

/** VMs of several pools, and a run of a policy that takes them all, stored with its request alone. */
export const largePolicy = async ({
  pools = 4,
  vmsPerPool,
}: {
  pools?: number
  vmsPerPool: number
}) => {
  const catalog: Catalog = memoryCatalog()
  for (let pool = 1; pool <= pools; pool++)
    for (let vm = 0; vm < vmsPerPool; vm++) {
      const value: StoredVm = {
        ...{ uuid: uuid(pool, vm), name: `vm-${pool}-${vm}`, powerState: 'Running' },
        ...{
          description: '',
          tags: [],
          disks: [],
          poolUuid: uuid(pool, 999_999),
          poolName: `pool ${pool}`,
        },
      }
      await catalog.write([
        { kind: 'put', key: keys.vm(value.poolUuid, value.uuid), value, expect: 'any' },
      ])
    }
  const input = PolicyInput.parse({
    name: 'Nightly',
    selection: { include: [{ all: true }] },
    retention: { daily: 7 },
  })
  const policyId = '01J0000000000000000000000P'
  await createPolicy(catalog, policyId, input, { at: NOW, by: 'someone' })
  const run: Run = {
    ...{ runId: LARGE_RUN, kind: 'backup', state: 'running', title: '', started: NOW, attempt: 1 },
    request: { kind: 'policy', policyId },
  }
  await createRun(catalog, run, [])
  const workflow = { succeedTask: async () => true } as unknown as Workflow
  const ports = {
    catalog,
    clock: { now: () => NOW },
    random: systemRandom,
    items: inlineItems(),
    auditCopy: { chain: 'test', open: async () => memoryObjectStore() },
    workflow,
  }
  return { ports, run, policyId }
}
