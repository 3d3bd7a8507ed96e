import { describe, expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { ids, vmView } from '#test/support/points.ts'

describe('vms', () => {
  test('a table; names cannot steer the terminal', async () => {
    const evil = { ...vmView, name: 'x\x1b[2J\ny', lastPoint: Date.UTC(2026, 10, 22, 12, 0, 0) }
    const pages = [{ items: [vmView], next: 'more' }, { items: [evil] }]
    const host = await runningCli({
      'GET /v1/vms': () => pages.shift(),
      'GET /v1/gateways': { items: [] },
    })
    const { exitCode, stdout } = await host.run('vms')
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      'NAME         STATE    HOST   POOL    DISKS      SIZE  CBT  LAST BACKED UP           POLICIES  UUID',
      `db-01        running  xen-1  Pool A      1  64.0 MiB  on   never                    -         ${ids.vm}`,
      `x\\x1b[2J\\ny  running  xen-1  Pool A      1  64.0 MiB  on   2026-11-22 12:00:00 UTC  -         ${ids.vm}`,
    ])
    expect(host.calls[1]).toContain('after=more')
  })

  test('JSON is what the API said', async () => {
    const host = await runningCli({
      'GET /v1/vms': { items: [vmView] },
      'GET /v1/gateways': { items: [] },
    })
    const { stdout } = await host.run('vms', '--json')
    expect(JSON.parse(stdout)).toEqual({ vms: [vmView] })
  })

  test('a pool that does not answer is told in one line, beside the list', async () => {
    const unreachable = [{ address: 'https://10.0.0.9', problem: 'No XenServer\nhost answers.' }]
    const gateway = { gatewayId: ids.run, name: 'g', enrolled: 1, pools: [], unreachable }
    const host = await runningCli({
      'GET /v1/vms': { items: [vmView] },
      'GET /v1/gateways': { items: [gateway] },
    })
    const { exitCode, stdout, stderr } = await host.run('vms', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ vms: [vmView] })
    expect(stderr).toBe(
      'warning: the pool at https://10.0.0.9 does not answer: No XenServer\\nhost answers.\n',
    )
  })

  test('an empty list says why', async () => {
    const nobody = await runningCli({
      'GET /v1/vms': { items: [] },
      'GET /v1/gateways': { items: [] },
    })
    expect((await nobody.run('vms')).stdout).toContain('no gateway has been enrolled yet')
    const gateway = { gatewayId: ids.run, name: 'g', enrolled: 1, pools: [] }
    const poolless = await runningCli({
      'GET /v1/vms': { items: [] },
      'GET /v1/gateways': { items: [gateway] },
    })
    expect((await poolless.run('vms')).stdout).toContain('has not reached any pool yet')
  })
})

test('what is asked for goes to the API, and its order stays', async () => {
  const second = { ...vmView, name: 'a-first' }
  const unusual = { signs: ['more-new' as const], suspicious: true, text: 'Unusual.' }
  const struck = { ...vmView, unusual: { ...unusual, pointId: ids.job, taken: 0 } }
  const host = await runningCli({
    'GET /v1/vms': { items: [struck, second], total: 2 },
    'GET /v1/gateways': { items: [] },
  })
  const given = ['--search', 'DB', '--tag', 'prod', '--state', 'halted', '--sort', 'newest']
  const { stdout } = await host.run('vms', ...given)
  expect(host.calls[0]).toMatch(/of=vms&search=DB&tag=prod&state=Halted&sort=newest/)
  expect(stdout.indexOf('db-01')).toBeLessThan(stdout.indexOf('a-first'))
  expect(stdout).toContain('POSSIBLE RANSOMWARE (1970-01-01 00:00:00 UTC)')
})

test.each([
  [['--state', 'asleep'], '"asleep" is no state of a VM.'],
  [['--sort', 'size'], '"size" is no order of a list.'],
])('bad input: %s', async (given, sentence) => {
  const { exitCode, stderr } = await (await runningCli({})).run('vms', ...given)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(sentence)
})

test('nothing that matches is told as such', async () => {
  const host = await runningCli({ 'GET /v1/vms': { items: [] }, 'GET /v1/gateways': { items: [] } })
  expect((await host.run('vms', '--search', 'x')).stdout).toContain('No VM matches.')
})

describe('vms show', () => {
  const detail = {
    ...{ uuid: ids.vm, name: 'db-01', vm: vmView, seen: 0 },
    leftOut: [{ userdevice: '0', why: 'The policy "x" leaves it out.' }],
    policies: [
      { policyId: ids.run, name: 'Nightly', why: 'Taken, because it is named.', protects: false },
    ],
    replicas: [],
    holds: [{ vmUuid: ids.vm, reason: 'court', by: 'ann', at: 0 }],
    points: {
      count: 2,
      oldest: 0,
      newest: 60_000,
      bytesStored: 1024,
      locked: 0,
      unusual: 1,
      vanished: 0,
    },
    runs: [
      {
        runId: ids.run,
        jobId: ids.job,
        kind: 'backup-vm',
        asked: 0,
        state: 'finished',
        status: 'failed',
        line: 'It \x1b[2J broke.',
      },
    ],
  }

  test('all of one VM, found by its name', async () => {
    const host = await runningCli({
      'GET /v1/vms': { items: [vmView, { ...vmView, name: 'db-012', uuid: ids.vdi }] },
      [`GET /v1/vms/${ids.vm}`]: detail,
    })
    const { exitCode, stdout } = await host.run('vms', 'show', 'db-01')
    expect(exitCode).toBe(0)
    for (const text of [
      `"db-01" (${ids.vm})`,
      '2 points from 1970-01-01 00:00:00 UTC to 1970-01-01 00:01:00 UTC, 1.00 KiB stored for them',
      '1 of unusual change',
      '"Nightly": Taken, because it is named. It does not run by itself.',
      'on all points, by ann, 1970-01-01 00:00:00 UTC: court',
      'left out: The policy "x" leaves it out.',
      'backup-vm: It \\x1b[2J broke.',
    ])
      expect(stdout).toContain(text)
    const json = await host.run('vms', 'show', 'db-01', '--json')
    expect(JSON.parse(json.stdout)).toEqual({ vm: detail })
  })

  test('a name of two VMs is no name', async () => {
    const other = { ...vmView, uuid: '00000000-0000-4000-8000-000000000099' }
    const host = await runningCli({ 'GET /v1/vms': { items: [vmView, other] } })
    const { exitCode, stderr } = await host.run('vms', 'show', 'db-01')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('"db-01" is the name of 2 VMs.')
  })
})

describe('vms acknowledge', () => {
  const unusual = { signs: ['more-new'], suspicious: true, text: 'Much.' }
  const detail = (vm: object) => ({
    ...{
      uuid: ids.vm,
      name: 'db-01',
      leftOut: [],
      policies: [],
      replicas: [],
      holds: [],
      runs: [],
    },
    points: { count: 0, bytesStored: 0, locked: 0, unusual: 1, vanished: 0 },
    vm: { ...vmView, ...vm },
  })
  const reply = {
    pointId: ids.job,
    unusual: { ...unusual, acknowledged: { at: 1, by: 'ann', because: 'a move' } },
  }

  test('takes the change that is told of the VM, or the point that is named', async () => {
    const host = await runningCli({
      'GET /v1/vms': { items: [vmView] },
      [`GET /v1/vms/${ids.vm}`]: detail({ unusual: { ...unusual, pointId: ids.job, taken: 1 } }),
      [`POST /v1/points/${ids.job}/acknowledge`]: reply,
    })
    const { exitCode, stdout } = await host.run('vms', 'acknowledge', 'db-01', '--reason', 'a move')
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `Noted with the recovery point ${ids.job}: it is told as a problem no more.\nWhat it was: Much.\nEach other unusual change of "db-01" is told for itself.\n`,
    })
    const named = ['--point', ids.job.toLowerCase(), '--reason', 'a move', '--json']
    expect(JSON.parse((await host.run('vms', 'acknowledge', ids.vm, ...named)).stdout)).toEqual(
      reply,
    )
  })

  test('where nothing is told of the VM, it says so and does nothing', async () => {
    const host = await runningCli({ [`GET /v1/vms/${ids.vm}`]: detail({}) })
    const { exitCode, stderr } = await host.run('vms', 'acknowledge', ids.vm, '--reason', 'a move')
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`Nothing is told of "${ids.vm}" that nobody has explained.`)
  })
})
