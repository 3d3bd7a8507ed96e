import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import { jobWrites } from '#core/runs/job-lists.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { getRun } from '#functions/api/runs/get-run.ts'
import { RUN, runOf, specOf } from '#test/support/ended-run.ts'

/** Bytes that Lambda answers at most: 6 MB, of the answer as a JSON string within JSON. */
const LAMBDA = 6 * 1024 * 1024

test('an answer takes no more jobs than Lambda can send, and the next page begins where it ended', async () => {
  const catalog = memoryCatalog()
  // Notes full of quotes take the most: 300 KB each, near what an item of the catalog may have.
  const notes = Array.from({ length: 300 }, () => '"x" '.repeat(200))
  const ids = Array.from({ length: 30 }, (_, n) => `01J000000000000000000J0B${20 + n}`)
  const jobs = ids.map((jobId, n) =>
    finishJob(newJob(jobId, RUN, specOf(n), 0), { status: 'planned', steps: notes }, 5),
  )
  await createRun(catalog, runOf({ state: 'succeeded', line: 'done' }), [])
  for (const job of jobs) await catalog.write(jobWrites(job))

  const seen: string[] = []
  let pages = 0
  for (let after: string | undefined, more = true; more; pages += 1) {
    const get = getRun({ catalog, clock: { now: () => 9 } })
    const reply = await get({ params: { runId: RUN }, query: { after } } as never)
    const sent = JSON.stringify({ statusCode: 200, body: JSON.stringify(reply) })
    expect(Buffer.byteLength(sent)).toBeLessThan(LAMBDA)
    seen.push(...reply.jobs.map(({ jobId }) => jobId))
    after = reply.next
    more = after !== undefined
  }
  expect(seen).toEqual(ids)
  expect(pages).toBeGreaterThan(1)
})
