import { describe, expect, test } from 'vitest'
import { runProgram } from '#cli/program.ts'
import { type Answers, cliHost, status } from '#test/support/cli-host.ts'
import { ids, job, point, run } from '#test/support/points.ts'

const cli = async (answers: Answers) => {
  const host = cliHost(answers)
  await host.running()
  return host
}

const MiB = 1024 * 1024
const progress = (bytesDone: number) => ({
  progress: {
    phase: 'reading the disks',
    bytesTotal: 64 * MiB,
    bytesDone,
    bytesRead: bytesDone,
    bytesStored: 0,
  },
  progressAt: Date.UTC(2026, 10, 22, 12, 0, bytesDone / MiB / 16),
})

describe('the command line', () => {
  test('help lists the commands and every exit code', async () => {
    const { exitCode, stdout } = await cliHost().run('--help')
    expect(exitCode).toBe(0)
    for (const word of [
      'up',
      'vms',
      'backup',
      'runs',
      'cancel',
      'points',
      'restore',
      'check',
      'demo',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'))
    expect(stdout).toContain('  5  not let in: passphrase')
    expect((await cliHost().run('restore', '--help')).stdout).toContain(
      '$ xenkeep restore latest:db-01',
    )
  })

  test('without a command it shows the help, as a mistake', async () => {
    const { host } = cliHost()
    const written: string[] = []
    host.stderr = { write: (text: string) => written.push(text) > 0 }
    expect(await runProgram(host, [], '0.0.0')).toBe(2)
    expect(written.join('')).toMatch(/^Usage: xenkeep[\s\S]+Commands:/)
    expect(written.join('')).not.toContain('outputHelp')
  })

  test.each([
    [['vmz'], "Unknown command 'vmz'.", 'Did you mean vms?'],
    [['vms', '--jsn'], "Unknown option '--jsn'.", 'Did you mean --json?'],
    [['restore'], "Missing required argument 'point'.", 'xenkeep COMMAND --help'],
    [['points', '--limit', '0'], '"0" is not a whole number from 1.', 'xenkeep --help'],
    [
      ['restore', 'db-01'],
      '"db-01" is not the id of a recovery point',
      '"xenkeep points" lists them',
    ],
    [['restore', 'latest:x', '--macs', 'old'], '--macs is new, keep; not "old".', '--help'],
    [['restore', 'latest:x', '--network', 'LAN'], '"LAN" is no value for --network', '0=LAN'],
    [['runs', 'x'], '"x" is not the id of a run', '"xenkeep runs" lists them'],
    [['backup'], 'Which VM should be backed up?', '--all'],
    [['backup', 'x', '--lock', 'governance'], '"governance" is no lock: a mode', 'governance:30'],
    [['backup', 'x', '--lock', 'governance:0'], '"governance:0" is no lock', 'governance:30'],
    [['backup', 'x', '--lock', 'legal:3'], '"legal:3" is no lock', 'governance:30'],
    [['backup', 'x', '--wire', 'lz4'], "Option '--wire <compression>'", '--help'],
    [['backup', 'x', '--all'], 'Give names of VMs or --all, not both.', '--help'],
  ])('%j is a mistake, explained in three lines', async (args, sentence, advice) => {
    const host = await cli({})
    const { exitCode, stdout, stderr } = await host.run(...args)
    const lines = stderr.trimEnd().split('\n')
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain(`xenkeep: ${sentence}`)
    expect(lines[1]).toMatch(/^ {2}what to do: /)
    expect(lines[1]).toContain(advice)
    expect(lines[2]).toBe('  code: USAGE')
    expect(host.calls).toEqual([])
  })

  test('where nothing runs, it says so and how to start it', async () => {
    const host = cliHost()
    const { exitCode, stdout, stderr } = await host.run('vms', '--json')
    expect(exitCode).toBe(4)
    expect(stderr).toContain(
      `xenkeep: XenKeep is not running on the data directory ${host.dataDir}.`,
    )
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'NOT_RUNNING', retryable: true })
  })

  test('a control plane that is gone, and one that refuses our token', async () => {
    const gone = await cli({ 'GET /v1/vms': new TypeError('fetch failed') })
    expect((await gone.run('vms')).exitCode).toBe(4)
    const problem = { code: 'TOKEN_INVALID', message: 'No.', advice: 'Go away.', retryable: false }
    const strict = await cli({ 'GET /v1/vms': status(401, problem) })
    const { exitCode, stderr } = await strict.run('vms')
    expect(exitCode).toBe(5)
    expect(stderr).toBe('xenkeep: No.\n  what to do: Go away.\n  code: TOKEN_INVALID\n')
  })

  test('what was not foreseen is told without a stack trace', async () => {
    const host = await cli({ 'GET /v1/vms': { items: 'nonsense' } })
    const { exitCode, stderr } = await host.run('vms')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('code: UNINTELLIGIBLE_ANSWER')
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

const vm = {
  uuid: ids.vm,
  name: 'db-01',
  description: '',
  powerState: 'Running',
  tags: [],
  host: 'xen-1',
  disks: [{ vdiUuid: ids.vdi, userdevice: '0', name: 'd', size: 64 * MiB, cbt: true }],
  poolUuid: ids.pool,
  poolName: 'Pool A',
  size: 64 * MiB,
}

describe('vms', () => {
  test('a table; names cannot steer the terminal', async () => {
    const evil = { ...vm, name: 'x\x1b[2J\ny', lastPoint: Date.UTC(2026, 10, 22, 12, 0, 0) }
    const pages = [{ items: [vm], next: 'more' }, { items: [evil] }]
    const host = await cli({
      'GET /v1/vms': () => pages.shift(),
      'GET /v1/gateways': { items: [] },
    })
    const { exitCode, stdout } = await host.run('vms')
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      'NAME         STATE    HOST   POOL    DISKS      SIZE  CBT  LAST BACKED UP           UUID',
      `db-01        running  xen-1  Pool A      1  64.0 MiB  on   never                    ${ids.vm}`,
      `x\\x1b[2J\\ny  running  xen-1  Pool A      1  64.0 MiB  on   2026-11-22 12:00:00 UTC  ${ids.vm}`,
    ])
    expect(host.calls[1]).toContain('after=more')
  })

  test('JSON is what the API said', async () => {
    const host = await cli({ 'GET /v1/vms': { items: [vm] }, 'GET /v1/gateways': { items: [] } })
    const { stdout } = await host.run('vms', '--json')
    expect(JSON.parse(stdout)).toEqual({ vms: [vm] })
  })

  test('a pool that does not answer is told in one line, beside the list', async () => {
    const unreachable = [{ address: 'https://10.0.0.9', problem: 'No XenServer\nhost answers.' }]
    const gateway = { gatewayId: ids.run, name: 'g', enrolled: 1, pools: [], unreachable }
    const host = await cli({
      'GET /v1/vms': { items: [vm] },
      'GET /v1/gateways': { items: [gateway] },
    })
    const { exitCode, stdout, stderr } = await host.run('vms', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ vms: [vm] })
    expect(stderr).toBe(
      'warning: the pool at https://10.0.0.9 does not answer: No XenServer\\nhost answers.\n',
    )
  })

  test('an empty list says why', async () => {
    const nobody = await cli({ 'GET /v1/vms': { items: [] }, 'GET /v1/gateways': { items: [] } })
    expect((await nobody.run('vms')).stdout).toContain('no gateway has been enrolled yet')
    const gateway = { gatewayId: ids.run, name: 'g', enrolled: 1, pools: [] }
    const poolless = await cli({
      'GET /v1/vms': { items: [] },
      'GET /v1/gateways': { items: [gateway] },
    })
    expect((await poolless.run('vms')).stdout).toContain('has not reached any pool yet')
  })
})

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
    const host = await cli({ 'GET /v1/points': { items: [later, locked] } })
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
    const host = await cli({
      'GET /v1/points': { items: [point({ kind: 'host', disks: [], facts })] },
    })
    expect((await host.run('points')).stdout).toMatch(
      / {2}- +XCP-ng 8\.3\.0, address 127\.0\.0\.1; 1 network interface, 2 SRs\n$/,
    )
  })

  test('that there are more than are shown is told', async () => {
    const host = await cli({ 'GET /v1/points': { items: [point(), point()] } })
    const { stdout, stderr } = await host.run('points', '--limit', '1')
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(stderr).toBe('The newest 1 are shown; --limit shows more.\n')
  })

  test('none yet', async () => {
    const host = await cli({ 'GET /v1/points': { items: [] } })
    expect((await host.run('points', '--vm', 'x')).stdout).toContain('no recovery point of "x"')
  })
})

describe('backup', () => {
  const done = {
    run: run({
      state: 'succeeded',
      ended: Date.UTC(2026, 10, 22, 12, 0, 12),
      line: 'backed up, in full',
    }),
    jobs: [
      job({
        state: 'finished',
        outcome: { status: 'backed-up', point: point(), notes: ['One note.'] },
      }),
    ],
  }

  test('starts a run, follows it in plain lines, and ends with what was stored', async () => {
    const snapshots = [
      { run: run(), jobs: [job({ state: 'queued', attempts: 0 })] },
      { run: run(), jobs: [job(progress(16 * MiB))] },
      { run: run(), jobs: [job(progress(32 * MiB))] },
      done,
    ]
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: () => snapshots.shift(),
    })
    const { exitCode, stdout, stderr } = await host.run('backup', 'db-01')
    expect(exitCode).toBe(0)
    expect(host.calls[0]).toBe('POST /v1/runs {"kind":"backup","vms":["db-01"]}')
    expect(stderr).toContain('db-01: waiting for a gateway\n')
    expect(stderr).toContain('db-01: reading the disks, 16.0 MiB of 64.0 MiB\n')
    expect(stdout).toBe(
      `Run ${ids.run} succeeded after 12 s.\n` +
        '  db-01  backed up, full, crash-consistent: read 64.0 MiB, new 40.0 MiB, stored 30.0 MiB\n' +
        '         why: Read in full, because this is the first recovery point of this VM.\n' +
        '         note: One note.\n',
    )
  })

  test('asks for a lock, and tells how the point is locked', async () => {
    const until = Date.UTC(2027, 0, 10)
    const lock = { mode: 'governance', until, asked: 0 } as const
    const [only] = done.jobs
    const outcome = { status: 'backed-up', point: point({ lock }), notes: [] } as const
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: { ...done, jobs: [{ ...only, outcome }] },
    })
    const { stdout } = await host.run('backup', 'db-01', '--lock', 'governance:30')
    expect(host.calls[0]).toBe(
      'POST /v1/runs {"kind":"backup","vms":["db-01"],"lock":{"mode":"governance","days":30}}',
    )
    expect(stdout).toContain('stored 30.0 MiB, locked until 2027-01-10 00:00 UTC (governance)\n')
  })

  test('JSON lines: started, progress when something changed, ended', async () => {
    const snapshots = [{ run: run(), jobs: [job()] }, { run: run(), jobs: [job()] }, done]
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: () => snapshots.shift(),
    })
    const { stdout, stderr } = await host.run('backup', 'db-01', '--json')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.map(({ event }) => event)).toEqual(['started', 'progress', 'progress', 'ended'])
    expect(events.at(-1)).toEqual({ event: 'ended', ...done })
    expect(stderr).toBe('')
  })

  test.each([
    ['warning', 3, 'STORE_FULL'],
    ['failed', 1, 'STORE_FULL'],
    ['failed', 5, 'WRONG_PASSPHRASE'],
    ['failed', 4, 'XAPI_UNREACHABLE'],
    ['cancelled', 1, 'STORE_FULL'],
  ] as const)('a run that ended as %s gives %i (%s)', async (state, code, problemCode) => {
    const problem = {
      code: problemCode,
      message: 'It broke.',
      advice: 'Mend it.',
      retryable: false,
    }
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: {
        run: run({ state, problem }),
        jobs: [job({ state: 'finished', outcome: { status: 'failed', problem } })],
      },
    })
    const { exitCode, stdout, stderr } = await host.run('backup', 'db-01')
    expect(exitCode).toBe(code)
    expect(stdout).toContain('failed: It broke.')
    expect(stderr).toContain(`db-01: It broke.\n  what to do: Mend it.\n  code: ${problemCode}\n`)
  })

  test('Ctrl-C ends the watching and says that the run goes on', async () => {
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: () => {
        setImmediate(host.stop)
        return { run: run(), jobs: [job()] }
      },
    })
    const { exitCode, stderr } = await host.run('backup', 'db-01')
    expect(exitCode).toBe(130)
    expect(stderr).toContain(
      `The run goes on without you. Watch it again with "xenkeep runs ${ids.run} --follow"`,
    )
    expect(host.calls.filter(call => call.includes('cancel'))).toEqual([])
  })

  test('a control plane that restarts in between is waited for', async () => {
    const answers = [
      () => new TypeError('fetch failed'),
      () => new TypeError('fetch failed'),
      () => done,
    ]
    const host = await cli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: () => answers.shift()?.(),
    })
    const { exitCode, stderr } = await host.run('backup', 'db-01')
    expect(exitCode).toBe(0)
    expect(stderr.match(/does not answer just now/g)).toHaveLength(1)
  })

  test('--all takes what vms lists, --detach does not wait', async () => {
    const host = await cli({
      'GET /v1/vms': { items: [vm] },
      'GET /v1/replicas': { items: [] },
      'POST /v1/runs': { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('backup', '--all', '--detach', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ event: 'started', runId: ids.run })
    expect(host.calls[2]).toBe(`POST /v1/runs {"kind":"backup","vms":["${ids.vm}"]}`)
  })
})

describe('restore, runs, cancel', () => {
  const report = {
    newVmUuid: ids.vm,
    newName: 'db-01 (restored)',
    started: true,
    bytesWritten: 40 * MiB,
    disks: [{ vdiUuid: ids.vdi, userdevice: '0', size: 64 * MiB, rootHash: 'aa' }],
    notes: ['The network cards have new MAC addresses.'],
  }

  test('restore latest:VM asks for the newest point and tells what was proven', async () => {
    const host = await cli({
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
    const host = await cli({
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
    const host = await cli({
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

  test('restore latest: of a name that two machines have does not guess', async () => {
    const other = '99999999-9999-4999-8999-999999999999'
    const one = point()
    const host = await cli({ 'GET /v1/points': { items: [point({ vmUuid: other }), one] } })
    const { exitCode, stderr } = await host.run('restore', 'latest:db-01', '--start')
    expect(exitCode).toBe(2)
    expect(stderr).toContain(
      `2 machines with recovery points are called "db-01": ${other} (last 2026-11-22 12:00:00 UTC), ${one.vmUuid} (last`,
    )
    expect(host.calls).toEqual(['GET /v1/points?vm=db-01&limit=200'])
  })

  test('restore latest: of a VM without points', async () => {
    const host = await cli({ 'GET /v1/points': { items: [] } })
    const { exitCode, stderr } = await host.run('restore', 'latest:db-02')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('There is no recovery point of "db-02".')
  })

  test('runs lists, and shows one with its jobs', async () => {
    const problem = { code: 'X', message: 'It broke.', advice: 'Mend it.', retryable: false }
    const failed = run({
      state: 'failed',
      ended: Date.UTC(2026, 10, 22, 12, 1, 5),
      line: 'It broke.',
      problem,
    })
    const host = await cli({
      'GET /v1/runs': { items: [failed] },
      [`GET /v1/runs/${ids.run}`]: { run: failed, jobs: [job({ state: 'queued' })] },
    })
    expect((await host.run('runs')).stdout).toMatch(
      /backup {2}failed {2}2026-11-22 12:00:00 UTC {2}1 min 05 s {2}db-01 {2}It broke\.\n$/,
    )
    const { stdout } = await host.run('runs', 'latest')
    expect(stdout).toContain(
      `Run ${ids.run} failed after 1 min 05 s.\n  db-01  reading the disks, 25 %\n`,
    )
    expect(stdout).toContain('  what to do: Mend it.\n  code: X\n')
  })

  test('runs shows the code of each job that failed, whatever became of the others', async () => {
    const problem = {
      code: 'SR_FULL',
      message: 'It is full.',
      advice: 'Free some.',
      retryable: false,
    }
    const host = await cli({
      [`GET /v1/runs/${ids.run}`]: {
        run: run({
          state: 'warning',
          ended: Date.UTC(2026, 10, 22, 12, 1, 5),
          line: 'Some failed.',
        }),
        jobs: [
          job({ state: 'finished', outcome: { status: 'failed', problem } }),
          ...['a', 'b', 'c', 'd'].map(name => ({
            ...job({ state: 'finished', outcome: { status: 'failed', problem } }),
            spec: { ...job().spec, vmName: name },
          })),
          job({ state: 'finished', outcome: { status: 'cancelled' } }),
        ],
      },
    })
    expect((await host.run('runs', ids.run)).stdout).toContain(
      '\ndb-01, a, b and 2 more: It is full.\n  what to do: Free some.\n  code: SR_FULL\n',
    )
  })

  test('cancel of a run that is over says so', async () => {
    const host = await cli({
      [`GET /v1/runs/${ids.run}`]: { run: run({ state: 'succeeded', ended: 1 }), jobs: [] },
      [`POST /v1/runs/${ids.run}/cancel`]: { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('cancel', ids.run)
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`Run ${ids.run} had ended already (succeeded); nothing was cancelled.\n`)
  })

  test('cancel', async () => {
    const host = await cli({
      [`GET /v1/runs/${ids.run}`]: { run: run(), jobs: [] },
      [`POST /v1/runs/${ids.run}/cancel`]: { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('cancel', ids.run.toLowerCase())
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Run ${ids.run} is being cancelled`)
  })
})
