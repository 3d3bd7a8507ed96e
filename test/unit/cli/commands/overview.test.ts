import { describe, expect, test } from 'vitest'
import type { OverviewView } from '#core/contracts/overview-api.ts'
import type { StatisticsView } from '#core/contracts/statistics-api.ts'
import { runningCli } from '#test/support/cli-host.ts'
import { ids } from '#test/support/points.ts'

const AT = Date.UTC(2026, 10, 23, 7, 0, 0)
const good = (text: string) => ({ standing: 'good' as const, text })

const overview: OverviewView = {
  at: AT,
  answers: {
    protected: good('All 2 virtual machines are backed up by a policy.'),
    failed: { standing: 'bad', text: '1 trouble was not made good since.' },
    locked: good('Locked.'),
    restorable: good('Verified.'),
    cost: good('Nothing.'),
  },
  vms: { known: 2, protected: 2, unprotected: 0, discarded: 0, standby: 0, asOf: AT - 60_000 },
  runs: {
    ...{ from: AT - 1, running: 1, waiting: 0, succeeded: 3, warning: 0, failed: 1, cancelled: 0 },
    more: false,
  },
  next: [{ policyId: ids.run, policyName: 'Nightly', at: AT + 1_000 }],
  problems: [
    {
      ...{ kind: 'run-failed', standing: 'bad', go: { to: 'run', id: ids.run } },
      ...{ text: '"x\x1b[2J" failed.', since: AT, advice: 'Make room.' },
    },
  ],
  moreProblems: 2,
}

describe('overview', () => {
  test('tells all in a screen, each problem with the command that shows more; names cannot steer the terminal', async () => {
    const host = await runningCli({ 'GET /v1/overview': overview })
    const { exitCode, stdout } = await host.run('overview')
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      'protected   good     All 2 virtual machines are backed up by a policy.',
      'failed      ACT      1 trouble was not made good since.',
      'locked      good     Locked.',
      'restorable  good     Verified.',
      'cost        good     Nothing.',
      '',
      'Open problems:',
      '  ACT      "x\\x1b[2J" failed. (since 2026-11-23 07:00:00 UTC)',
      `           Make room. xenkeep runs ${ids.run}`,
      '  and 2 more',
      '',
      'Last 24 hours: 5 runs: 3 went well, 1 failed, 1 running',
      'Next: Nightly 2026-11-23 07:00:01 UTC',
      'The virtual machines were looked at 2026-11-23 06:59:00 UTC.',
    ])
  })

  test('JSON is what the API said', async () => {
    const host = await runningCli({ 'GET /v1/overview': overview })
    expect(JSON.parse((await host.run('overview', '--json')).stdout)).toEqual({ overview })
  })
})

describe('statistics', () => {
  const statistics: StatisticsView = {
    ...{ from: '2026-11-17', until: '2026-11-23', countedSince: '2026-11-22' },
    days: [
      {
        ...{ day: '2026-11-22', points: 2, bytesRead: 4096, bytesNew: 2048, bytesStored: 1024 },
        ...{ bytesFreed: 0, dedup: 2, compression: 2, repository: { bytes: 1_048_576, at: AT } },
        runs: {
          backup: {
            ...{ succeeded: 1, warning: 0, failed: 1, cancelled: 0, ms: 9_000, longestMs: 7_000 },
          },
        },
      },
    ],
  }

  test('a row for each day, and since when it counts', async () => {
    const host = await runningCli({ 'GET /v1/statistics': statistics })
    const { stdout } = await host.run('statistics', '--days', '7')
    expect(host.calls.at(-1)).toContain('days=7')
    expect(stdout.trimEnd().split('\n')).toEqual([
      'DAY (UTC)   POINTS      READ       NEW    STORED  DEDUP  COMPRESSION  FREED  REPOSITORY  RUNS              LONGEST BACKUP',
      '2026-11-22       2  4.00 KiB  2.00 KiB  1.00 KiB   2.0x         2.0x    0 B    1.00 MiB  1 good, 1 failed           7.0 s',
      'Counted since 2026-11-22; of days before that nothing is known.',
    ])
  })

  test('too many days are refused in a sentence', async () => {
    const host = await runningCli({})
    const { exitCode, stderr } = await host.run('statistics', '--days', '1000')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--days is 1 to 730, not 1000.')
  })
})
