import type { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import type { GetRunReply } from '#core/contracts/runs-api.ts'

/** A run with all of its jobs. */
export type RunSnapshot = Omit<z.output<typeof GetRunReply>, 'next'>

/** Of its jobs those that have not ended, or that ended otherwise than well. */
export type OnlyJobs = 'open' | 'troubled'

/** A page of jobs that have all ended, by the `after` that it was asked for with: it never changes again. */
export type EndedPages = Map<string, Pick<z.output<typeof GetRunReply>, 'jobs' | 'next'>>

/**
 * @param known what was fetched before: its pages are not asked for again, and others are added
 * @param only of its jobs; all unless told
 * @returns the run as it was when it was asked for first: where it had ended then, so had its jobs
 * @throws errors of the calls
 */
export const fetchRun = async (
  client: Client,
  runId: string,
  signal?: AbortSignal,
  known: EndedPages = new Map(),
  only?: OnlyJobs,
): Promise<RunSnapshot> => {
  const ask = (after?: string) =>
    client.call('getRun', { params: { runId }, query: { after, only }, ...(signal && { signal }) })
  const { run, jobs, next: second } = await ask()
  for (let after = second; after !== undefined; ) {
    const page = known.get(after) ?? (await ask(after))
    // The last page of a run that is being planned grows.
    if (page.next !== undefined && page.jobs.every(({ state }) => state === 'finished'))
      known.set(after, { jobs: page.jobs, next: page.next })
    jobs.push(...page.jobs)
    after = page.next
  }
  return { run, jobs }
}
