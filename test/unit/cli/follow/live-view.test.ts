import { expect, test } from 'vitest'
import { jobLines, liveView } from '#cli/follow/live-view.ts'
import { cliHost } from '#test/support/cli-host.ts'
import { job, run } from '#test/support/points.ts'

const MiB = 1024 * 1024
const at = (seconds: number, bytesDone: number, phase = 'reading disks') =>
  job({
    progress: { phase, bytesTotal: 100 * MiB, bytesDone, bytesRead: bytesDone, bytesStored: 0 },
    progressAt: seconds * 1_000,
  })

test('a bar with its share, amounts, rate and time left; ASCII where the terminal knows no more', () => {
  const quick = { bytesPerSecond: 5 * MiB, secondsLeft: 125 }
  expect(jobLines([{ ...at(1, 25 * MiB), ...quick }], true)).toEqual([
    '  db-01                     ██████░░░░░░░░░░░░░░░░░░   25 %  25.0 MiB of 100 MiB  5.00 MiB/s  about 2 min left  reading disks',
  ])
  expect(jobLines([at(1, 100 * MiB)], false)[0]).toContain('########################  100 %')
})

test('many VMs: those under way are shown, the others counted', () => {
  const many = [
    ...Array.from({ length: 30 }, () => at(1, 0)),
    ...Array.from({ length: 50 }, () => job({ state: 'queued', attempts: 0 })),
    ...Array.from({ length: 20 }, () =>
      job({ state: 'finished', outcome: { status: 'cancelled' } }),
    ),
  ]
  const lines = jobLines(many, true)
  expect(lines).toHaveLength(16)
  expect(lines.at(-1)).toBe('  … 20 of 100 done, 50 waiting')
})

test('lines are drawn over the ones before and never wider than the terminal', () => {
  const { host } = cliHost()
  const written: string[] = []
  host.stderr = { write: (text: string) => written.push(text) > 0, isTTY: true, columns: 40 }
  const view = liveView(host)
  view.update({ run: run(), jobs: [at(1, 0), at(1, 0)] })
  view.update({ run: run(), jobs: [at(1, 0), at(1, 0)] })
  view.end()
  expect(
    written[0]
      ?.split('\n')
      .slice(0, 2)
      .map(line => line.length),
  ).toEqual([39, 39])
  expect(written[1]?.startsWith('\x1b[2A\r\x1b[J')).toBe(true)
  expect(written[2]).toBe('\x1b[2A\r\x1b[J')
})
