import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import { keptByPolicy, planRetention } from '#core/maintenance/retention-plan.ts'
import { planMaintenance } from '#functions/plans/maintenance.ts'
import { pointOf } from '#test/support/fake-gateway.ts'

const NOON = Date.UTC(2026, 10, 22)
const POLICY = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'
const RUN = '01JD9W5R6D3S0Q6Z1B4W8TXY2M'
const vmUuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** So many VMs with `each` points, of which the newest alone is kept. */
const estate = async (vms: number, each: number) => {
  const catalog = memoryCatalog()
  const policy = {
    ...PolicyInput.parse({
      ...{ name: 'Nightly', selection: { include: [{ all: true }] }, retention: { last: 1 } },
    }),
    policyId: POLICY,
  }
  await catalog.write([
    { kind: 'put', key: keys.policy(POLICY), value: { policy }, expect: 'absent' },
  ])
  for (let vm = 1; vm <= vms; vm++) {
    const newest = { pointId: RUN, taken: NOON }
    const value = { uuid: vmUuid(vm), name: `vm ${vm}`, newest }
    await catalog.write([
      { kind: 'put', key: keys.protectedVm(vmUuid(vm)), value, expect: 'absent' },
    ])
    for (let n = 0; n < each; n++) {
      const id = `01JD9W5R6D3S0Q6Z1B${String(vm).padStart(5, '0')}${String(n).padStart(3, '0')}`
      const taken = NOON - (each - n) * 86_400_000
      const of = { vmUuid: vmUuid(vm), vmName: `vm ${vm}`, poolUuid: vmUuid(0) }
      const value = { ...pointOf(id, of), taken, policyId: POLICY }
      // As putPoint leaves them, without its look at the points before: there are 20,000.
      await catalog.write(
        [keys.point(id), keys.vmPoint(of.vmUuid, id)].map(key => ({
          ...{ kind: 'put' as const, key, value, expect: 'absent' as const },
        })),
      )
    }
  }
  return catalog
}

/** A run that removes what it set out to, or nothing. */
const round = async (catalog: Awaited<ReturnType<typeof estate>>, most: number, works = true) => {
  const { expired, left, upTo } = await planRetention(catalog, NOON, most)
  const value = { runId: RUN, at: NOON, points: expired.length, left, ...(upTo && { upTo }) }
  const gone = works ? expired : []
  await catalog.write([
    { kind: 'put', key: keys.maintenance('retention'), value, expect: 'any' },
    ...gone.map(({ pointId, vmUuid }) => ({
      ...{ kind: 'delete' as const, key: keys.vmPoint(vmUuid, pointId), expect: 'any' as const },
    })),
  ])
  return { left, vms: [...new Set(expired.map(({ vmUuid }) => Number(vmUuid.slice(-12))))] }
}

test('each VM has its turn, however few points a run takes, and also when runs come to nothing', async () => {
  const catalog = await estate(5, 3)
  expect(await round(catalog, 4, false)).toEqual({ left: 6, vms: [1, 2] })
  expect(await round(catalog, 4, false)).toEqual({ left: 6, vms: [3, 4] })
  expect(await round(catalog, 4, false)).toEqual({ left: 6, vms: [5, 1] })
  expect(await round(catalog, 4)).toEqual({ left: 6, vms: [2, 3] })
  expect(await round(catalog, 4)).toEqual({ left: 2, vms: [4, 5] })
  expect(await round(catalog, 4)).toEqual({ left: 0, vms: [1] })
  expect(await round(catalog, 4)).toEqual({ left: 0, vms: [] })
})

test('a VM with more expired points than a run takes keeps no other from its turn', async () => {
  const catalog = await estate(3, 6)
  expect(await round(catalog, 3)).toEqual({ left: 12, vms: [1] })
  expect(await round(catalog, 3)).toEqual({ left: 9, vms: [2] })
  expect(await round(catalog, 3)).toEqual({ left: 6, vms: [3] })
  expect(await round(catalog, 3)).toEqual({ left: 3, vms: [1, 2] })
})

test('what is left is told in the title of the run and remembered with its jobs', async () => {
  const catalog = await estate(2, 10_002)
  const request = { kind: 'maintenance' as const, steps: ['retention' as const] }
  const plan = await planMaintenance(catalog, request, NOON)
  expect(plan.title).toBe('20000 points expired (2 more are left for the next run)')
  expect(plan.specs).toHaveLength(200)
  expect(plan.beside?.(RUN)).toEqual([
    {
      ...{ kind: 'put', key: keys.maintenance('retention'), expect: 'any' },
      value: { runId: RUN, at: NOON, points: 20_000, left: 2, upTo: vmUuid(2) },
    },
  ])
})

test('while nobody explains signs of encryption, the last point from before them and the first that shows them stay', async () => {
  const catalog = await estate(1, 6)
  const { items } = await catalog.query<{ pointId: string }>(keys.vmPoint(vmUuid(1), '').pk)
  const ids = items.map(({ sk }) => sk)
  const [, , before = '', struck = ''] = ids
  const mark = async (change: object) => {
    const item = items.find(({ sk }) => sk === struck)
    const unusual = { signs: ['more-new'], suspicious: true, text: 'Much.', ...change }
    const key = keys.vmPoint(vmUuid(1), struck)
    await catalog.write([{ kind: 'put', key, value: { ...item?.value, unusual }, expect: 'any' }])
  }
  const expired = async () => (await planRetention(catalog, NOON)).expired.map(p => p.pointId)
  await mark({})
  expect(await expired()).toEqual(ids.slice(0, 5).filter(id => id !== before && id !== struck))
  // The plan may be older than the finding: it is asked again before each removal.
  const of = { vmUuid: vmUuid(1), policyId: POLICY }
  expect(await keptByPolicy(catalog, { pointId: before, ...of }, NOON)).toBe(
    'Policy "Nightly" keeps it by now: It is the newest from before signs of encryption that nobody has explained yet: perhaps the last whole one.',
  )
  await mark({ acknowledged: { at: NOON, by: 'somebody', because: 'an update' } })
  expect(await expired()).toEqual(ids.slice(0, 5))
  expect(await keptByPolicy(catalog, { pointId: before, ...of }, NOON)).toBeUndefined()
})
