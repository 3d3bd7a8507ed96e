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
