import { expect, test } from 'vitest'
import { count } from '#bench/control-plane/count.ts'
import type { Calls } from '#core/costs/counts.ts'
import { counts } from '#core/costs/latest-counts.ts'
import { TICK_NAMES } from '#core/costs/ticks.ts'

/*
 * Motivation: bills are made of counts that were written down; work that came later would be missing in them.
 * Passes when the handlers and state machines of today ask for what the counts say, but for some hundredths: what sweeps up, and who meets whom at the chain of
 * audit records, is chance. Where it fails: `npm run bench:control-plane -- --write`, and docs/cost.md by `npm run cost`.
 */

const PARTS = ['requests', 'functions', 'reads', 'writes', 'transitions'] as const

test('the counts that bills are made of are those of the code', async () => {
  const now = await count(12)
  const compare = (what: string, is: Calls, was: Calls) => {
    for (const part of PARTS) {
      const most = Math.max(0.2, was[part] * 0.1)
      expect(
        Math.abs(is[part] - was[part]),
        `${what}: ${part} ${is[part]}, counted ${was[part]}`,
      ).toBeLessThanOrEqual(most)
    }
  }
  for (const what of ['idlePoll', 'busyPoll', 'heartbeat', 'inventory', 'backup', 'run'] as const)
    compare(what, now[what], counts[what])
  for (const tick of TICK_NAMES) compare(tick, now.ticks[tick], counts.ticks[tick])
  expect(now.store).toEqual(counts.store)
  expect(Math.abs(now.backupBytes / counts.backupBytes - 1)).toBeLessThan(0.05)
}, 60_000)
