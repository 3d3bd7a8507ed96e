import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { limits } from '#core/runs/limits.ts'
import { gatewaysOnPool } from '#test/support/gateways-on-pool.ts'
import { heldXapi } from '#test/support/held-xapi.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { until } from '#test/support/patience.ts'

const MiB = 1024 * 1024

/*
 * Motivation: an administrator sets up a second gateway for a pool, for a rainy day or by mistake. Nothing that holds within one process (turns,
 * groups, limits, who sweeps what) may fall apart.
 * Pass: one gateway has all jobs; the other says by whom the pool is kept; nothing of the first one's is touched, whatever it is doing; and when the
 * first is gone, the second goes on.
 */

test('all jobs of a pool go to one gateway, groups and restores included, and the other one stands by', async () => {
  const disk = { app: randomBytes(MiB), db: randomBytes(MiB) }
  await using site = await gatewaysOnPool({ app: [disk.app], db: [disk.db] })
  await site.start('cellar')
  await until(
    'the first keeps the pool',
    async () => (await site.control.ports.catalog.query('KEEPERS')).items.length > 0,
  )
  const second = await site.start('attic')
  await until('the second is told', () => second.log.lines.join().includes('stands by'))
  expect(second.log.lines.join('\n')).toContain('The gateway "cellar" works on the pool')

  const runs = [
    await site.backup(['app', 'db'], { together: { whenOneFails: 'group' } }),
    await site.backup(['db']),
    await site.backup(['app']),
  ]
  for (const run of runs)
    for (const { outcome, attempts } of await site.endOf(run))
      expect([outcome?.status, attempts], JSON.stringify(outcome)).toEqual(['backed-up', 1])
  const { items } = await site.control.person.call('listPoints', { query: { limit: 1 } })
  const { runId } = await site.control.person.call('startRun', {
    body: { kind: 'restore', pointId: items[0]?.pointId ?? '', newName: 'back' },
  })
  expect((await site.endOf(runId))[0]?.outcome?.status).toBe('restored')
  expect(await site.newest('db')).toStrictEqual(disk.db)
  expect(await site.newest('app')).toStrictEqual(disk.app)
  expect(second.jobs.size).toBe(0)
  await until('nothing is left', async () => (await site.left()).length === 0)
})

test.each([
  ['an offline backup that has its VM down', 'VM.snapshot'],
  ['a restore', 'VM.set_other_config'],
])('a gateway that starts in the middle of %s leaves everything as it is', async (what, call) => {
  const disk = randomBytes(MiB)
  await using site = await gatewaysOnPool({ web: [disk] })
  using held = heldXapi(call)
  await site.start('cellar', held.of)
  const first = await site.backup(['web'])
  const [point] = await site.endOf(first)
  await until('it is settled', async () => (await site.left()).length === 0)
  held.arm()
  const isRestore = what === 'a restore'
  const pointId = point?.outcome?.status === 'backed-up' ? point.outcome.point.pointId : ''
  const runId = isRestore
    ? (
        await site.control.person.call('startRun', {
          body: { kind: 'restore', pointId, newName: 'back' },
        })
      ).runId
    : await site.backup(['web'], { method: 'offline' })
  await held.reached
  const before = await site.left()
  expect(before.map(({ kind }) => kind)).toContain(isRestore ? 'unfinished-vm' : 'block')
  if (!isRestore) expect(site.vm('web').power_state).toBe('Halted')

  const second = await site.start('attic')
  await second.sweep()
  expect(await site.left()).toStrictEqual(before)
  if (!isRestore) expect(site.vm('web').power_state).toBe('Halted')

  held.release()
  const [end] = await site.endOf(runId)
  expect(end).toMatchObject({ attempts: 1 })
  if (isRestore) expect(end?.outcome?.status).toBe('restored')
  else expect(end?.outcome).toMatchObject({ point: { method: 'offline', consistency: 'offline' } })
  expect(site.vm('web').power_state).toBe('Running')
  await until('nothing is left', async () => (await site.left()).length === 0)
})

test('a gateway that dies with a VM down and half a snapshot is followed by the one that stands by', async () => {
  const disk = randomBytes(MiB)
  await using site = await gatewaysOnPool({ web: [disk] })
  const death = Promise.withResolvers<string>()
  const first = await site.start('cellar', xapi => {
    const mortal = mortalXapi(xapi, (_done, last) => last === 'VM.snapshot')
    void mortal.died.then(death.resolve)
    return mortal.xapi
  })
  const runId = await site.backup(['web'], { method: 'offline' })
  await death.promise
  first.die()
  expect(site.vm('web').power_state).toBe('Halted')

  const second = await site.start('attic')
  await until('the second is told', () => second.log.lines.join().includes('stands by'))
  // As far as anybody knows the first one is at work.
  expect(site.vm('web').power_state).toBe('Halted')
  site.pass(limits.leaseMs + 1)
  const [end] = await site.endOf(runId)
  expect(end).toMatchObject({
    attempts: 2,
    outcome: { status: 'backed-up', point: { method: 'offline', consistency: 'offline' } },
  })
  expect(second.log.lines.join('\n')).toContain('This gateway has the jobs of the pool')
  expect(site.vm('web').power_state).toBe('Running')
  expect(await site.newest('web')).toStrictEqual(disk)
  await until('nothing is left', async () => (await site.left()).length === 0)
})

test('a VM that is down does not wait for a control plane that does not answer', async () => {
  await using site = await gatewaysOnPool({ web: [randomBytes(MiB)] })
  const death = Promise.withResolvers<string>()
  const first = await site.start('cellar', xapi => {
    const mortal = mortalXapi(xapi, (_done, last) => last === 'VM.snapshot')
    void mortal.died.then(death.resolve)
    return mortal.xapi
  })
  const second = await site.start('attic')
  await until('the second is told', () => second.log.lines.join().includes('stands by'))
  await site.backup(['web'], { method: 'offline' })
  await death.promise
  first.die()
  await site.control.close()
  await second.sweep()
  expect(site.vm('web').power_state).toBe('Running')
})

test('a VM that is down is started at the takeover, also where nobody does its job again', async () => {
  await using site = await gatewaysOnPool({ web: [randomBytes(MiB)] })
  const death = Promise.withResolvers<string>()
  const first = await site.start('cellar', xapi => {
    const mortal = mortalXapi(xapi, (_done, last) => last === 'VM.snapshot')
    void mortal.died.then(death.resolve)
    return mortal.xapi
  })
  const second = await site.start('attic')
  await until('the second is told', () => second.log.lines.join().includes('stands by'))
  const runId = await site.backup(['web'], { method: 'offline' })
  await death.promise
  first.die()
  await site.control.person.call('cancelRun', { params: { runId } })
  expect(site.vm('web').power_state).toBe('Halted')
  site.pass(limits.leaseMs + 1)
  await until('the VM runs', () => site.vm('web').power_state === 'Running')
  await until('nothing is left', async () => (await site.left()).length === 0)
})
