import { isConflict, queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import type { Job } from './job.ts'
import { objectOf } from './work-of.ts'

/** The jobs of a run that are to be made, in pages: written whole before the first job is, so that every try makes the same ones. */
export interface JobList {
  /** Of whoever wrote it: two who plan one run at once write two lists, and the run names the one that counts. */
  listId: string
  jobs: number
}

/** A page is one item of the catalog (390 KB); characters of JSON, of which some take more bytes than one. */
const PAGE_LENGTH = 120_000

/** A job and the two ways to it are three of the 100 items of a write. */
const JOBS_AT_ONCE = 33

/** Writes a list. Nobody looks at it before the run names it. */
export const writeList = async (
  catalog: Catalog,
  runId: string,
  listId: string,
  jobs: readonly Job[],
): Promise<JobList> => {
  const pages: Job[][] = []
  let length = PAGE_LENGTH
  for (const job of jobs) {
    const size = JSON.stringify(job).length
    if (length + size > PAGE_LENGTH) {
      pages.push([])
      length = 0
    }
    pages.at(-1)?.push(job)
    length += size
  }
  for (const [index, value] of pages.entries())
    await catalog.write([
      { kind: 'put', key: keys.jobList(runId, listId, index), value, expect: 'any' },
    ])
  return { listId, jobs: jobs.length }
}

/**
 * Makes the jobs of a list. What an earlier try has made is left as it is, wherever that came to its end.
 * @returns how many were listed: fewer than there should be where somebody else has made them all and removed the list, or where a page is still on its way
 * from another region
 * @throws `CATALOG_UNAVAILABLE`
 */
export const makeListed = async (
  catalog: Catalog,
  runId: string,
  list: JobList,
): Promise<number> => {
  let listed = 0
  for await (const { value: jobs } of pagesOf(catalog, runId, list)) {
    listed += jobs.length
    for (let start = 0; start < jobs.length; start += JOBS_AT_ONCE)
      await makeJobs(catalog, jobs.slice(start, start + JOBS_AT_ONCE))
  }
  return listed
}

/** Removes what the run needs no more. */
export const removeList = async (catalog: Catalog, runId: string, list: JobList): Promise<void> => {
  const pages = await Array.fromAsync(pagesOf(catalog, runId, list), ({ pk, sk }) => ({ pk, sk }))
  await writeInBatches(
    catalog,
    pages.map(key => ({ kind: 'delete', key, expect: 'any' })),
  )
}

async function* pagesOf(catalog: Catalog, runId: string, { listId }: JobList) {
  const { pk } = keys.jobList(runId, listId, 0)
  for await (const page of queryAll<Job[]>(catalog, pk, { page: 4 }))
    if (page.sk.startsWith(`${listId}#`)) yield page
}

const makeJobs = async (catalog: Catalog, jobs: readonly Job[]): Promise<void> => {
  try {
    await catalog.write(jobs.flatMap(jobWrites))
  } catch (error) {
    if (!isConflict(error)) throw error
    // Some are there already: each by itself.
    for (const job of jobs) await catalog.write(jobWrites(job)).catch(unlessThere)
  }
}

const unlessThere = (error: unknown): void => {
  if (!isConflict(error)) throw error
}

/** A job, and the ways to it: by its id alone, and from the VM that it is about. */
export const jobWrites = (job: Job): CatalogWrite[] => {
  const about = objectOf(job.spec)
  return [
    { kind: 'put', key: keys.job(job.runId, job.jobId), value: job, expect: 'absent' },
    { kind: 'put', key: keys.jobOwner(job.jobId), value: { runId: job.runId }, expect: 'absent' },
    ...(about === undefined
      ? []
      : [
          {
            kind: 'put' as const,
            key: keys.vmJob(about, job.jobId),
            value: { runId: job.runId },
            expect: 'any' as const,
          },
        ]),
  ]
}
