import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Workflow } from '#core/ports.ts'
import { newJob } from '#core/runs/job.ts'
import { tellWaiting } from '#functions/api/jobs/tell-waiting.ts'
import { RUN, specOf } from '#test/support/ended-run.ts'

test('the thousand tasks of a cancelled run are told within the time of one call: some at once, and each', async () => {
  const told = new Set<string>()
  let underWay = 0
  let most = 0
  const succeedTask = async (token: string) => {
    most = Math.max(most, ++underWay)
    await setImmediate()
    underWay -= 1
    told.add(token)
    return true
  }
  const jobs = Array.from({ length: 1_000 }, (_, n) => ({
    ...newJob(`01J0000000000000000000${1_000 + n}`, RUN, specOf(n), 0),
    ...(n > 0 && { taskToken: `token ${n}` }),
  }))
  await tellWaiting({ succeedTask } as unknown as Workflow, jobs)
  expect(told.size).toBe(999)
  expect(most).toBe(16)
})
