import type { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import type { GetRunReply } from '#core/contracts/runs-api.ts'

/** A run with all of its jobs. */
export type RunSnapshot = Omit<z.output<typeof GetRunReply>, 'next'>

/** @returns the run as it was when it was asked for first: where it had ended then, so had its jobs. @throws errors of the calls */
export const fetchRun = async (
  client: Client,
  runId: string,
  signal?: AbortSignal,
): Promise<RunSnapshot> => {
  const page = (after?: string) =>
    client.call('getRun', { params: { runId }, query: { after }, ...(signal && { signal }) })
  const { run, jobs, next: second } = await page()
  for (let next = second; next !== undefined; ) {
    const more = await page(next)
    jobs.push(...more.jobs)
    next = more.next
  }
  return { run, jobs }
}
