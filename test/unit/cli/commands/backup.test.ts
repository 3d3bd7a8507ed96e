import { describe, expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { ids, job, point, progress, run, vmView } from '#test/support/points.ts'

const MiB = 1024 * 1024

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
    const host = await runningCli({
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
    const host = await runningCli({
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
    const host = await runningCli({
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
    const host = await runningCli({
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
    const host = await runningCli({
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
    const host = await runningCli({
      'POST /v1/runs': { runId: ids.run },
      [`GET /v1/runs/${ids.run}`]: () => answers.shift()?.(),
    })
    const { exitCode, stderr } = await host.run('backup', 'db-01')
    expect(exitCode).toBe(0)
    expect(stderr.match(/does not answer just now/g)).toHaveLength(1)
  })

  test('--all takes what vms lists, --detach does not wait', async () => {
    const host = await runningCli({
      'GET /v1/vms': { items: [vmView] },
      'GET /v1/replicas': { items: [] },
      'POST /v1/runs': { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('backup', '--all', '--detach', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ event: 'started', runId: ids.run })
    expect(host.calls[2]).toBe(`POST /v1/runs {"kind":"backup","vms":["${ids.vm}"]}`)
  })
})
