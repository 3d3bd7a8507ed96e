import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expander } from '#core/site/expand.ts'
import { anySite } from '#test/support/any-site.ts'
import { NOW } from '#test/support/xendesktop-site.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1e9)

test(`lists say of VMs what a run does (seed ${seed})`, () => {
  fc.assert(
    fc.property(anySite, ({ site, inventory, guests }) => {
      const { expand, vmsOf } = expander(inventory, guests)
      const { tasks, skips } = expand(site, NOW)
      const { saved, meant } = vmsOf(site, NOW)
      const ofTasks = tasks.flatMap(task => (task.kind === 'vm' ? [task.vmUuid] : []))
      expect([...saved].sort()).toEqual([...ofTasks].sort())
      const vms = new Set(inventory.vms.map(({ uuid }) => uuid))
      const ofSkips = skips.flatMap(({ gap, vmUuids = [] }) => (gap ? [] : vmUuids))
      expect([...new Set(meant)].sort()).toEqual(
        [...new Set(ofSkips.filter(uuid => vms.has(uuid)))].sort(),
      )
    }),
    { seed, numRuns: 200 },
  )
})
