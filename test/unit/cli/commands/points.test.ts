import { describe, expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { point } from '#test/support/points.ts'

const MiB = 1024 * 1024

describe('points', () => {
  test('tells how each was read, and why', async () => {
    const [disk] = point().disks
    const later = point({
      disks: disk ? [{ ...disk, incremental: true, reasons: [] }] : [],
      skipped: [{ userdevice: '1', reason: 'its name says [NOBAK]' }],
      bytesRead: MiB,
      bytesNew: 0,
      bytesStored: 1_300,
    })
    const until = Date.UTC(2027, 0, 10)
    const locked = point({ lock: { mode: 'governance', until, asked: 0 } })
    const host = await runningCli({ 'GET /v1/points': { items: [later, locked] } })
    const { stdout } = await host.run('points', '--vm', 'db-01', '--limit', '2')
    const [, first, second] = stdout.split('\n')
    expect(first).toMatch(
      /incremental {2}64\.0 MiB {2}1\.00 MiB {7}0 B {2}1\.27 KiB .*not known {2,}not checked {2,}disk 1 is not in this point: its name says \[NOBAK\]$/,
    )
    expect(second).toMatch(
      /full .* 30\.0 MiB {2}until 2027-01-10 00:00 UTC \(governance\) {2}not checked {2}Read in full, because this is the first recovery point of this VM$/,
    )
    expect(host.calls).toEqual(['GET /v1/points?vm=db-01&limit=3'])
  })

  test('what is known of a host is a row of facts, and it does not boot', async () => {
    const facts = ['XCP-ng 8.3.0, address 127.0.0.1.', '1 network interface, 2 SRs.']
    const host = await runningCli({
      'GET /v1/points': { items: [point({ kind: 'host', disks: [], facts })] },
    })
    expect((await host.run('points')).stdout).toMatch(
      / {2}- +XCP-ng 8\.3\.0, address 127\.0\.0\.1; 1 network interface, 2 SRs\n$/,
    )
  })

  test('of a second copy a column tells, and only where there is one', async () => {
    const text = 'also in eu-west-1 as of 2026-11-23 03:00 UTC'
    const replicated = { place: 'eu-west-1', state: 'restorable', asOf: 0, text } as const
    const items = [{ ...point(), replicated }, point()]
    const [head, first, second] = (
      await (await runningCli({ 'GET /v1/points': { items } })).run('points')
    ).stdout.split('\n')
    const at = head?.indexOf('SECOND COPY') ?? -1
    expect(first?.slice(at)).toMatch(new RegExp(`^${text} `))
    expect(second?.slice(at)).toMatch(/^- /)
    const without = await runningCli({ 'GET /v1/points': { items: [point()] } })
    expect((await without.run('points')).stdout).not.toContain('SECOND COPY')
    const json = await runningCli({ 'GET /v1/points': { items } })
    expect(JSON.parse((await json.run('points', '--json')).stdout).points[0].replicated).toEqual(
      replicated,
    )
  })

  test('that there are more than are shown is told', async () => {
    const host = await runningCli({ 'GET /v1/points': { items: [point(), point()] } })
    const { stdout, stderr } = await host.run('points', '--limit', '1')
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(stderr).toBe('The first is shown; --limit shows more.\n')
  })

  test('none yet', async () => {
    const host = await runningCli({ 'GET /v1/points': { items: [] } })
    expect((await host.run('points', '--vm', 'x')).stdout).toContain('no recovery point of "x"')
  })
})
