import { ulid } from 'ulid'
import { describe, expect, test } from 'vitest'
import { runningCli } from '#test/support/cli-host.ts'
import { ids, job, run } from '#test/support/points.ts'

describe('runs and cancel', () => {
  test('runs lists, and shows one with its jobs', async () => {
    const problem = { code: 'X', message: 'It broke.', advice: 'Mend it.', retryable: false }
    const failed = run({
      state: 'failed',
      ended: Date.UTC(2026, 10, 22, 12, 1, 5),
      line: 'It broke.',
      problem,
    })
    const host = await runningCli({
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
    const host = await runningCli({
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

  test('runs narrows the list by what is told, and names what is no such thing', async () => {
    const policyId = ulid()
    const host = await runningCli({
      'GET /v1/runs': { items: [] },
      'GET /v1/policies': { items: [] },
    })
    const told = ['--kind', 'restore', '--state', 'troubled', '--vm', 'web 1', '--since', '24h']
    expect((await host.run('runs', ...told)).stdout).toBe('No run matches.\n')
    expect(host.calls.at(-1)).toBe(
      `GET /v1/runs?kind=restore&state=troubled&vm=web+1&since=${Date.UTC(2026, 10, 21, 14)}&limit=21`,
    )
    const unknown = await host.run('runs', '--policy', policyId)
    expect(unknown.stderr).toContain(`There is no policy "${policyId}".`)
    const state = await host.run('runs', '--state', 'broken')
    expect(state.exitCode).toBe(2)
    expect(state.stderr).toContain("argument 'broken' is invalid")
  })

  test('runs retry starts a run, once however often it is asked, and says which', async () => {
    const again = ulid()
    const host = await runningCli({ [`POST /v1/runs/${ids.run}/retry`]: { runId: again } })
    expect((await host.run('runs', 'retry', ids.run)).stdout).toBe(
      `Run ${again} does again what failed in run ${ids.run}.\nSee how it stands with "xenkeep runs ${again} --follow".\n`,
    )
    expect((await host.run('runs', 'retry', ids.run, '--json')).stdout).toBe(
      `${JSON.stringify({ runId: again })}\n`,
    )
    expect((await host.run('runs', 'retry', 'latest')).stderr).toContain('is not the id of a run')
  })

  test('cancel of a run that is over says so', async () => {
    const host = await runningCli({
      [`GET /v1/runs/${ids.run}`]: { run: run({ state: 'succeeded', ended: 1 }), jobs: [] },
      [`POST /v1/runs/${ids.run}/cancel`]: { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('cancel', ids.run)
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`Run ${ids.run} had ended already (succeeded); nothing was cancelled.\n`)
  })

  test('cancel', async () => {
    const host = await runningCli({
      [`GET /v1/runs/${ids.run}`]: { run: run(), jobs: [] },
      [`POST /v1/runs/${ids.run}/cancel`]: { runId: ids.run },
    })
    const { exitCode, stdout } = await host.run('cancel', ids.run.toLowerCase())
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Run ${ids.run} (${run().title}) is being cancelled`)
  })

  describe('cancel latest', () => {
    const round = run({ runId: ulid(9), kind: 'replication', title: '"db" in "DR"' })
    const asked = async (...items: ReturnType<typeof run>[]) => {
      const [first] = items.filter(({ kind }) => kind !== 'replication')
      const host = await runningCli({
        'GET /v1/runs': { items },
        [`GET /v1/runs/${first?.runId}`]: { run: first, jobs: [] },
        [`POST /v1/runs/${first?.runId}/cancel`]: { runId: first?.runId },
      })
      const { exitCode, stdout, stderr } = await host.run('cancel', 'latest')
      return {
        exitCode,
        said: stdout + stderr,
        calls: host.calls.filter(c => c.includes('cancel')),
      }
    }

    test('never means a round of a standby that began by itself', async () => {
      const { said, calls } = await asked(round, run())
      expect(said).toContain(`Run ${ids.run} (${run().title}) is being cancelled`)
      expect(calls).toHaveLength(1)
      const over = await asked(round, run({ state: 'succeeded', ended: 1 }))
      expect(over.said).toContain('had ended already')
      const only = await asked(round)
      expect(only).toMatchObject({ exitCode: 2, calls: [] })
      expect(only.said).toContain('There is no run that "latest" could mean')
    })

    test('asks which, where several are at work', async () => {
      const { exitCode, said, calls } = await asked(run(), round, run({ runId: ulid(7) }))
      expect(exitCode).toBe(2)
      expect(said).toContain(`2 runs are at work or wait: ${ids.run}`)
      expect(calls).toEqual([])
    })
  })
})
