import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { PLAN_PIECE, SiteDocument } from '#core/contracts/site-plan-recall.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { limits } from '#core/runs/limits.ts'
import { sealed } from '#core/sites/sealed.ts'
import { asciiJson } from '#core/sites/site-plan.ts'
import { planSite } from '#functions/plans/site.ts'
import { jobsOf } from '#functions/runs/jobs-of.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { vmUuid } from '#test/support/fake-gateway.ts'

/*
 * Motivation: a site may have as many desktops as a run has jobs. What its run, its point and its plan take has to stay within what catalog, calls and workflow hold.
 * Steps: a definition with two of each server and 10,000 machines; its plan, its jobs, what is written of them, its point and its plan told in pieces.
 * Passes when no item is larger than the catalog takes (390 KB), jobs name few that they wait for, and the plan has fewer pieces than may be told.
 */

const NOW = 1_790_000_000_000
const POOL = '00000000-0000-4000-8000-0000000000aa'
const ITEM = 390_000 // bytes of an item of the catalog
const SERVERS = ['dc1', 'dc2', 'sql1', 'sql2', 'ddc1', 'ddc2', 'sf1', 'sf2']
const ROLES = ['dc', 'sql', 'ddc', 'storefront']
const SITE_ID = '01J00000000000000000000000'

const filled = async () => {
  const catalog = memoryCatalog()
  const largest = { bytes: 0, key: '' }
  const measured = {
    ...catalog,
    write: (writes: readonly CatalogWrite[]) => {
      for (const write of writes) {
        const bytes = write.kind === 'put' ? JSON.stringify(write.value).length : 0
        if (bytes > largest.bytes) Object.assign(largest, { bytes, key: write.key.pk })
      }
      return catalog.write(writes)
    },
  }
  const desktops = limits.jobsPerRun - SERVERS.length
  const names = [...SERVERS, ...Array.from({ length: desktops }, (_, n) => `desk-${n}-äöü`)]
  for (const [index, name] of names.entries()) {
    const uuid = vmUuid(index + 1)
    const value = {
      ...{ uuid, name, poolUuid: POOL, poolName: 'pool', tags: [], powerState: 'Running' },
      disks: [{ userdevice: '0', name: 'os', size: 40_000_000_000 }],
    }
    await catalog.write([{ kind: 'put', key: keys.vm(POOL, uuid), value, expect: 'any' }])
  }
  const site = {
    ...{ kind: 'xendesktop-site' as const, name: 'Vienna' },
    components: [
      ...SERVERS.map((vm, index) => ({
        ...{ role: ROLES[Math.floor(index / 2)], target: { vm }, protect: true },
      })),
      { role: 'dedicated', target: { vms: { names: ['desk-*'] } }, protect: true },
    ],
  }
  const value = { siteId: SITE_ID, site, changed: NOW, changedBy: 'someone' }
  await catalog.write([{ kind: 'put', key: keys.site(SITE_ID), value, expect: 'any' }])
  return { catalog: measured, largest }
}

test('a site of 10,000 machines stays within what catalog, calls and workflow hold', async () => {
  const { catalog, largest } = await filled()
  const clock = { now: () => NOW }
  const ports = { catalog, clock, random: systemRandom }
  const request = { kind: 'site' as const, siteId: SITE_ID }
  const plan = await planSite(catalog, request, NOW)
  expect(plan.specs).toHaveLength(limits.jobsPerRun)

  const run = { runId: '01J0000000000000000000000R' }
  const jobs = jobsOf(ports, run, plan)
  // With the one that seals: what the workflow is given is an id for each.
  expect(jobs).toHaveLength(limits.jobsPerRun + 1)
  const waits = jobs.map(({ startsAfter = [] }) => startsAfter.length)
  expect(Math.max(...waits)).toBeLessThanOrEqual(SERVERS.length)

  const stored = {
    ...{ ...run, kind: 'backup' as const, state: 'running' as const, title: 'x', started: NOW },
    ...{ request, attempt: 1 },
  }
  await catalog.write([{ kind: 'put', key: keys.run(run.runId), value: stored, expect: 'absent' }])
  await makeJobs(ports, stored)
  expect(largest.bytes, largest.key).toBeLessThan(ITEM)

  const { definition, graph, siteId } = plan.site?.plan ?? {}
  if (!definition || !graph || !siteId) throw new Error('no plan')
  const outcomes = graph.tasks.map(({ id }, index) => ({
    ...{ taskId: id, jobId: SITE_ID, subjectUuid: vmUuid(index + 1) },
    point: { pointId: SITE_ID, taken: NOW + index, consistency: 'crash' as const },
  }))
  const point = sealed({
    ...{ siteId, definition, graph, outcomes, runId: run.runId, pointId: SITE_ID },
  })
  expect(point?.brief.members).toBe(limits.jobsPerRun)
  const document = SiteDocument.parse(JSON.parse(point?.documents.site ?? ''))
  const pieces = Math.ceil(asciiJson(document).length / PLAN_PIECE)
  expect(pieces).toBeGreaterThan(10)
  expect(pieces).toBeLessThan(999)
}, 60_000)
