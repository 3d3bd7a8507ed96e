import { expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { ids, point } from '#test/support/points.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const view = {
  repositoryId: '0'.repeat(32),
  address: 's3://backups/one',
  points: { count: 3, more: false, vms: 2, bytesOfDisks: 3 * 2 ** 30, bytesStored: 2 ** 30 },
  stored: { bytes: 2 ** 30, at: NOON, ratio: 3 },
  holds: 1,
  verification: {
    runId: ids.run,
    report: {
      ...{ at: NOON, level: 1, points: 3, packs: 40, packsRead: 4, bytesRead: 4_000 },
      ...{ damages: 1, affected: [ids.job] },
      findings: [{ code: 'OBJECT_DAMAGED', message: 'The pack x is damaged.' }],
      state: {
        ...{ packs: 40, bytes: 2 ** 30, damaged: 1, oldest: NOON - 86_400_000 },
        never: { packs: 10, bytes: 4_000 },
      },
    },
  },
  retention: { runId: ids.run, at: NOON, points: 20_000, left: 1_234 },
  readBack: { at: NOON, days: 30, whole: 2, overdue: 1 },
  schedule: { enabled: true, at: '03:00', timeZone: 'Europe/Vienna', trouble: 'Nobody may.' },
  gateways: [],
}

test('repository says what is stored, how much was looked at, and who looks after it', async () => {
  const host = await runningCli({ 'GET /v1/repository': view })
  const { stdout, exitCode } = await host.run('repository')
  expect(stdout).toContain('3 recovery points of 2 VMs, 3.00 GiB of disks')
  expect(stdout).toContain(
    '1.00 GiB on 2026-11-22 12:00:00 UTC: the disks of all points are 3 times',
  )
  expect(stdout).toContain('30 of 40 packs were read in full at least once')
  expect(stdout).toContain('20,000 expired points to be removed, 1,234 MORE WERE LEFT')
  expect(stdout).toContain('all of 2 recovery points within 30 days; 1 OVERDUE')
  expect(stdout).toContain('DAMAGE: 1 object, parts of 1 point cannot be read')
  expect(stdout).toContain(
    'each day at 03:00 (Europe/Vienna), not yet; COULD NOT BEGIN: Nobody may.',
  )
  expect(stdout).toContain('NOBODY: no gateway is marked')
  expect(exitCode).toBe(6)
})

test('the schedule keeps what is not told', async () => {
  const host = await runningCli({
    'GET /v1/repository': view,
    'PUT /v1/repository/schedule': ({ body }: { body: unknown }) => ({ schedule: body }),
  })
  const { stdout } = await host.run('maintenance', 'schedule', '--at', '22:15', '--sample', '5%')
  expect(stdout).toBe('Maintenance runs each day at 22:15 (Europe/Vienna).\n')
  expect(host.calls.at(-1)).toContain('"verification":{"level":1,"share":0.05}')
  expect((await host.run('maintenance', 'schedule', '--off')).stdout).toContain(
    'Maintenance does not run by itself any more',
  )
})

test.each([
  [[], { level: 1, share: 1 / 365 }, { level: 1, share: 1 / 365 }],
  [[], undefined, undefined],
  [[], { level: 2 }, { level: 2 }],
  [['--level', '1'], { level: 1, share: 1 / 365 }, { level: 1, share: 1 / 365 }],
  [['--level', '1'], { level: 2 }, { level: 1 }],
  [['--level', '0'], { level: 1, share: 1 / 365 }, { level: 0 }],
  [['--sample', '5%'], { level: 2 }, { level: 1, share: 0.05 }],
])('the schedule told %j goes on from the verification %j with %j', async (told, before, after) => {
  const schedule = { ...view.schedule, ...(before && { verification: before }) }
  const bodies: { verification?: object }[] = []
  const host = await runningCli({
    'GET /v1/repository': { ...view, schedule },
    'PUT /v1/repository/schedule': ({ body }: { body: { verification?: object } }) => {
      bodies.push(body)
      return { schedule: body }
    },
  })
  expect((await host.run('maintenance', 'schedule', '--at', '22:15', ...told)).exitCode).toBe(0)
  expect(bodies[0]?.verification).toEqual(after)
})

test('a hold is on a point or on a VM, and warns where it may be late', async () => {
  const host = await runningCli({
    'POST /v1/holds': ({ body }: { body: { on: object; reason: string } }) => ({
      hold: { ...body.on, vmName: 'db-01', reason: body.reason, by: 'me', at: NOON },
      beingRemoved: [ids.job],
    }),
  })
  const { stdout, exitCode } = await host.run('points', 'hold', '--vm', ids.vm, '--reason', 'court')
  expect(stdout).toContain('Held: all points of VM "db-01".')
  expect(stdout).toContain(`WARNING: a job may be deleting ${ids.job} at this very moment`)
  expect(exitCode).toBe(3)
  const neither = await host.run('points', 'hold', '--reason', 'court')
  expect(neither).toMatchObject({ exitCode: 2 })
  expect(neither.stderr).toContain('Name a point, or a VM with --vm.')
  const day = await host.run('points', 'hold', ids.job, '--reason', 'x', '--until', 'soon')
  expect(day.stderr).toContain('"soon" is no day, as 2027-12-31.')
})

test('a point is deleted only when its name is given once more', async () => {
  const host = await runningCli({
    'GET /v1/points': { items: [point()] },
    [`DELETE /v1/points/${ids.job}`]: { runId: ids.run },
  })
  const remove = (...more: string[]) =>
    host.run('points', 'delete', ids.job, '--reason', 'ticket', '--detach', ...more)
  expect(await remove()).toMatchObject({ exitCode: 2 })
  expect((await remove('--confirm', 'db-02')).stderr).toContain('"db-02" is not its name.')
  expect(host.calls.filter(call => call.startsWith('DELETE'))).toEqual([])
  expect(await remove('--confirm', 'db-01')).toMatchObject({ exitCode: 0 })
  expect(host.calls.at(-1)).toContain('{"reason":"ticket","vmName":"db-01"}')
})

test('points that vanished or are damaged say so', async () => {
  const items = [point({ vanished: NOON }), point({ damaged: true })]
  const host = await runningCli({ 'GET /v1/points': { items } })
  const { stdout } = await host.run('points')
  expect(stdout).toContain('NOT IN THE REPOSITORY since 2026-11-22 12:00 UTC')
  expect(stdout).toContain('DAMAGED, as the last verification found')
})

test('one point says what keeps it and when it was last found good', async () => {
  const text = 'OVERDUE: not all of it was read back in 30 days, as of 2026-11-22'
  const listed = { ...point({ damaged: true }), readBack: { state: 'overdue', text } }
  const hold = { vmUuid: ids.vm, reason: 'court', by: 'me', at: NOON }
  const host = await runningCli({
    'GET /v1/points': { items: [listed] },
    'GET /v1/holds': { items: [hold, { ...hold, reason: 'over', until: 1 }] },
  })
  const { stdout, exitCode } = await host.run('points', 'show', ids.job)
  expect(stdout).toContain(`${ids.job}: VM "db-01"`)
  expect(stdout).toContain('read back      OVERDUE: not all of it was read back')
  expect(stdout).toContain('booted         not checked')
  expect(stdout).toContain(': court')
  expect(stdout).not.toContain('over;')
  expect(stdout).toContain('note           DAMAGED')
  expect(exitCode).toBe(6)
  expect((await host.run('points', 'show', ids.run)).exitCode).toBe(2)
})
