import { describe, expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { ids, job, point, run } from '#test/support/points.ts'

const MiB = 1024 * 1024

describe('restore', () => {
  const report = {
    newVmUuid: ids.vm,
    newName: 'db-01 (restored)',
    started: true,
    bytesWritten: 40 * MiB,
    disks: [{ vdiUuid: ids.vdi, userdevice: '0', size: 64 * MiB, rootHash: 'aa' }],
    notes: ['The network cards have new MAC addresses.'],
  }

  test('restore latest:VM asks for the newest point and tells what was proven', async () => {
    const host = await runningCli({
      'GET /v1/points': { items: [point()] },
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: {
        run: run({ kind: 'restore', state: 'succeeded' }),
        jobs: [job({ state: 'finished', outcome: { status: 'restored', report } })],
      },
    })
    const { exitCode, stdout } = await host.run('restore', 'latest:db-01', '--start')
    expect(exitCode).toBe(0)
    expect(host.calls.slice(0, 2)).toEqual([
      'GET /v1/points?vm=db-01&limit=200',
      `POST /v1/runs {"kind":"restore","pointId":"${ids.job}","start":true}`,
    ])
    expect(stdout).toContain(
      'restored as "db-01 (restored)": 1 disk, 40.0 MiB written, content proven equal to the point, started',
    )
    expect(stdout).toContain('note: The network cards have new MAC addresses.')
  })

  test('wishes of a restore, for many points', async () => {
    const host = await runningCli({
      'POST /v1/runs': { runId: ids.run },
      'GET /v1/points?vm=db-01&limit=200': { items: [point()] },
    })
    const other = ids.job.replace(/.$/, '9')
    const { exitCode, stderr } = await host.run(
      ...[
        'restore',
        ids.job,
        other,
        '--identity',
        'same',
        '--replace',
        '--sr',
        'Fast',
        '--sr',
        '1=Big = cheap',
      ],
      ...['--network', '0=none', '--plan', '--detach', '--resume'],
    )
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(JSON.parse(host.calls.at(-1)?.replace('POST /v1/runs ', '') ?? '')).toEqual({
      kind: 'restore',
      pointId: [ids.job, other],
      start: false,
      wishes: {
        identity: 'same',
        sr: 'Fast',
        diskSrs: { 1: 'Big = cheap' },
        networks: { 0: 'none' },
        resume: true,
        replace: true,
        planOnly: true,
      },
    })
  })

  test('restore of single disks', async () => {
    const disk = {
      ...{ vdiUuid: ids.vdi, name: 'data (restored)', srName: 'Fast', userdevice: '1' },
      ...{ size: 64 * MiB, rootHash: 'aa' },
      attached: { vmUuid: ids.vm, vmName: 'rescue', userdevice: '2', plugged: true },
    }
    const outcome = {
      status: 'disks-restored' as const,
      report: { bytesWritten: 40 * MiB, disks: [disk], notes: ['Mount it by device.'] },
    }
    const host = await runningCli({
      'GET /v1/points': { items: [point()] },
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: {
        run: run({ kind: 'restore', state: 'succeeded' }),
        jobs: [job({ state: 'finished', outcome })],
      },
    })
    const { exitCode, stdout } = await host.run(
      ...['restore', 'latest:db-01', '--disk', '1', '--disk', 'root', '--attach-to', 'rescue'],
    )
    expect(exitCode).toBe(0)
    expect(host.calls[1]).toBe(
      `POST /v1/runs {"kind":"restore","pointId":"${ids.job}","start":false,"wishes":{"disks":["1","root"],"attachTo":"rescue"}}`,
    )
    expect(stdout).toContain(
      `restored disk 1 as "data (restored)" (VDI ${ids.vdi}, on "rescue" as device 2): content proven equal to the point.`,
    )
    expect(stdout).toContain('note: Mount it by device.')
  })

  test('rules are set aside with a reason, and only known ones, once', async () => {
    const host = await runningCli({ 'POST /v1/runs': { runId: ids.run } })
    const because = 'the only copy left = agreed with Anna'
    const override = ['--override', `tombstone-life=${because}`]
    const { exitCode } = await host.run('restore', ids.job, ...override, '--detach')
    expect(exitCode).toBe(0)
    const overrides = [{ rule: 'tombstone-life', because }]
    expect(host.calls).toEqual([
      `POST /v1/runs ${JSON.stringify({ kind: 'restore', pointId: ids.job, start: false, wishes: { overrides } })}`,
    ])
    for (const [wrong, sentence] of [
      [['--override', 'all=because I said so'], 'names no rule: --override reads RULE=REASON.'],
      [
        ['--override', 'mcs-storage=so'],
        'The reason to set aside mcs-storage has to be a sentence',
      ],
      [[...override, ...override], 'A rule is set aside once, with one reason.'],
    ] as const) {
      const refused = await host.run('restore', ids.job, ...wrong)
      expect(refused.exitCode).toBe(2)
      expect(refused.stderr).toContain(sentence)
    }
    expect(host.calls).toHaveLength(1)
  })

  test('restore latest: of a name that two machines have does not guess', async () => {
    const other = '99999999-9999-4999-8999-999999999999'
    const one = point()
    const host = await runningCli({ 'GET /v1/points': { items: [point({ vmUuid: other }), one] } })
    const { exitCode, stderr } = await host.run('restore', 'latest:db-01', '--start')
    expect(exitCode).toBe(2)
    expect(stderr).toContain(
      `2 machines with recovery points are called "db-01": ${other} (last 2026-11-22 12:00:00 UTC), ${one.vmUuid} (last`,
    )
    expect(host.calls).toEqual(['GET /v1/points?vm=db-01&limit=200'])
  })

  test('restore latest: of a VM without points', async () => {
    const host = await runningCli({ 'GET /v1/points': { items: [] } })
    const { exitCode, stderr } = await host.run('restore', 'latest:db-02')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('There is no recovery point of "db-02".')
  })
})
