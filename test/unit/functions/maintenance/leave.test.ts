import { ulid } from 'ulid'
import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { keys } from '#core/catalog/keys.ts'
import { placeHold } from '#core/maintenance/holds.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import type { Ports } from '#functions/ports.ts'
import { LeaveWithdrawn, underLeave } from '#gateway-agent/jobs/maintenance/under-leave.ts'
import { oneRegion } from '#test/support/control-plane.ts'
import { DAY, maintainedSite, WEB } from '#test/support/maintained-site.ts'

const MINUTE = 60_000
const HELD = /^A legal hold of someone of 2026-11-22 keeps it/

/** A run that is about to remove one point, and what it takes to ask for leave. */
const removing = async (given: Partial<Ports> = {}) => {
  const site = await maintainedSite(given)
  const policyId = await site.addPolicy({ last: 1 })
  const newest = await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  const { json } = await site.start({ steps: ['retention'] })
  const removal = await site.next()
  const hold = async () => {
    const on = { pointId: old.pointId }
    const reply = await site.api.asPerson('POST', '/v1/holds', { on, reason: 'court file' })
    return reply.json.beingRemoved
  }
  return { ...site, policyId, newest, old, removal, runId: String(json.runId), hold }
}

describe('leave to remove a point', () => {
  test('is the same however often it is asked for, until something has changed', async () => {
    const { ask, removal, old, hold } = await removing()
    for (let time = 0; time < 3; time++)
      expect(await ask(removal, old.pointId)).toEqual({ remove: true })
    expect(await hold()).toEqual([old.pointId])
    for (let time = 0; time < 2; time++)
      expect(await ask(removal, old.pointId)).toMatchObject({
        remove: false,
        because: expect.stringMatching(HELD),
      })
    // Whoever has it kept is not removing it any more.
    expect(await hold()).toEqual([])
  })

  test('of two jobs, what one may remove stays marked when the other is refused', async () => {
    const { api, ask, removal, old, hold, lease, addPoint } = await removing()
    await addPoint(3)
    const body = { reason: 'ticket', vmName: 'web01' }
    await api.asPerson('DELETE', `/v1/points/${old.pointId}`, body)
    const jobs = await lease(ulid())
    const retention = jobs.find(({ jobId }) => jobId === removal.jobId)
    const byHand = jobs.find(({ jobId }) => jobId !== removal.jobId)
    if (!retention || !byHand) throw new Error('There are not both jobs.')
    expect(await ask(retention, old.pointId)).toEqual({ remove: true })
    expect(await hold()).toEqual([old.pointId])
    expect(await ask(byHand, old.pointId)).toMatchObject({ remove: false })
    expect(await hold()).toEqual([old.pointId])
  })

  test('is not given for a point that its policy keeps instead of a newer one that is going just now', async () => {
    const { api, ask, policyId, removal, newest, old, lease, addPoint } = await removing()
    await addPoint(3, { policyId })
    const body = { reason: 'ticket', vmName: 'web01' }
    await api.asPerson('DELETE', `/v1/points/${newest.pointId}`, body)
    const jobs = await lease(ulid())
    const retention = jobs.find(({ jobId }) => jobId === removal.jobId)
    const byHand = jobs.find(({ jobId }) => jobId !== removal.jobId)
    if (!retention || !byHand) throw new Error('There are not both jobs.')
    expect(await ask(byHand, newest.pointId)).toEqual({ remove: true })
    // The catalog has the newest until its job tells.
    expect(await ask(retention, old.pointId)).toMatchObject({
      remove: false,
      because: expect.stringContaining('Policy "Nightly" keeps it by now'),
    })
  })

  test('of two gateways the one whose lease was lost gets none', async () => {
    const { ask, removal, old, next } = await removing()
    const again = await next(ulid())
    expect(again.jobId).toBe(removal.jobId)
    expect(await ask(removal, old.pointId)).toMatchObject({ code: 'EPOCH_OUTDATED' })
    expect(await ask(again, old.pointId)).toEqual({ remove: true })
  })

  test('that was given just before the job was lost is told to whoever places a hold, for ten minutes', async () => {
    const { api, ask, removal, old, runId, hold, ended } = await removing()
    expect(await ask(removal, old.pointId)).toEqual({ remove: true })
    // The run is cancelled, and its gateway is never heard of again.
    await api.asPerson('POST', `/v1/runs/${runId}/cancel`)
    api.wait(6 * MINUTE)
    await tendRuns(api.ports)()
    expect((await ended(runId)).state).toBe('cancelled')
    expect(await hold()).toEqual([old.pointId])
    api.wait(5 * MINUTE)
    expect(await hold()).toEqual([])
  })

  test('marks that nobody took away are gone after the run of another day', async () => {
    const { api, ask, removal, old, runId, ended, start, next, tell } = await removing()
    await ask(removal, old.pointId)
    await api.asPerson('POST', `/v1/runs/${runId}/cancel`)
    api.wait(6 * MINUTE)
    await tendRuns(api.ports)()
    await ended(runId)
    const marks = async () => (await api.ports.catalog.query(keys.removal('', '').pk)).items
    expect(await marks()).toHaveLength(1)
    api.wait(2 * DAY)
    const { json } = await start({ steps: ['retention'] })
    const later = await next()
    await tell(later, {
      status: 'points-removed',
      report: { removed: [], absent: [], kept: [{ pointId: old.pointId, because: 'x' }] },
    })
    await ended(String(json.runId))
    expect(await marks()).toEqual([])
  })

  test('is not given while another region has just taken over', async () => {
    let epoch = 0
    const view = async () => ({ ...(await oneRegion.view()), epoch })
    const { api, ask, removal, old } = await removing({ region: { ...oneRegion, view } })
    epoch = 1
    expect(await ask(removal, old.pointId)).toEqual({
      remove: false,
      because:
        'Another region has just taken over, and holds that were placed in the former one may still be on their way.',
    })
    const key = keys.regionSettled(1)
    await api.ports.catalog.write([{ kind: 'put', key, value: { at: 1 }, expect: 'any' }])
    expect(await ask(removal, old.pointId)).toEqual({ remove: true })
  })

  test('is not given for a point that got a hold on its VM between plan and removal', async () => {
    const { api, ask, removal, old } = await removing()
    const hold = { vmUuid: WEB, reason: 'audit', by: 'someone', at: api.ports.clock.now() }
    await placeHold(api.ports.catalog, { vmUuid: WEB }, hold)
    expect(await ask(removal, old.pointId)).toMatchObject({ remove: false })
  })
})

describe('a gateway with leave', () => {
  const world = async (answers: (string | undefined)[]) => {
    let now = 0
    let asked = 0
    const stopping = new AbortController()
    const removed: string[] = []
    const store: MaintenanceStore = {
      ...memoryObjectStore(),
      remove: async key => void removed.push(key),
    }
    const allowed = underLeave('01J', {
      store,
      confirm: async () => answers[Math.min(asked++, answers.length - 1)],
      clock: { now: () => now },
      signal: stopping.signal,
    })
    const wait = (ms: number) => {
      now += ms
    }
    return { allowed, removed, wait, stopping, asked: () => asked }
  }

  test('removes within a minute without asking again', async () => {
    const { allowed, removed, wait, asked } = await world([undefined])
    const store = await allowed
    wait(MINUTE - 1)
    await store.remove('a', '1')
    await store.remove('b', '1')
    expect([removed, asked()]).toEqual([['a', 'b'], 1])
  })

  test('asks again after that, as where it was stopped in between or a clock was set back', async () => {
    for (const pause of [MINUTE, -1]) {
      const { allowed, removed, wait } = await world([undefined, 'A hold keeps it.'])
      const store = await allowed
      wait(pause)
      await expect(store.remove('a', '1')).rejects.toEqual(new LeaveWithdrawn('A hold keeps it.'))
      expect(removed).toEqual([])
    }
  })

  test('removes nothing once its job is not its own any more', async () => {
    const { allowed, removed, stopping } = await world([undefined])
    const store = await allowed
    stopping.abort(new Error('The lease is lost.'))
    await expect(store.remove('a', '1')).rejects.toThrow('The lease is lost.')
    expect(removed).toEqual([])
  })
})
