import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { LEAVE_SECONDS } from '../contracts/maintenance.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog, CatalogKey, CatalogWrite } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { readJob } from '../runs/jobs-catalog.ts'
import { someAtOnce } from '../runs/some-at-once.ts'

/** That a job may be deleting a point just now; of each job that may, one. */
export interface Removal {
  jobId: string
  at: number
}

/** What a gateway began with leave it may still be at so long after, whatever became of its job: tries of the store, and some. ms */
const MARK_COUNTS_FOR = 10 * LEAVE_SECONDS * 1_000

/** A mark that nobody took away is looked at no more then: the control plane died beside it, or its gateway did. ms */
const SWEPT_AFTER = 24 * 60 * 60_000

const keyOf = (pointId: string, jobId: string): CatalogKey => keys.removal(pointId, jobId)

export const markRemoval = (catalog: Catalog, pointId: string, mark: Removal): Promise<void> =>
  catalog.write([{ kind: 'put', key: keyOf(pointId, mark.jobId), value: mark, expect: 'any' }])

export const unmarkRemoval = (catalog: Catalog, pointId: string, jobId: string): Promise<void> =>
  catalog.write([{ kind: 'delete', key: keyOf(pointId, jobId), expect: 'any' }])

/** Takes the marks of an ended job away. Where the gateway has not told itself that it is done, it may be at work still, and does not know that its job is over. */
export const unmarkAll = async (
  catalog: Catalog,
  { jobId, spec, outcome }: Pick<Job, 'jobId' | 'spec' | 'outcome'>,
  now: number,
): Promise<void> => {
  if (spec.kind !== 'remove-points') return
  const isTold = outcome?.status === 'points-removed'
  await someAtOnce(spec.points, async ({ pointId }) => {
    const mark = (await catalog.get<Removal>(keyOf(pointId, jobId)))?.value
    if (mark && (isTold || !isFresh(mark, now))) await unmarkRemoval(catalog, pointId, jobId)
  })
}

/** Marks that nobody will take away any more. */
export const sweepMarks = async (catalog: Catalog, now: number): Promise<void> => {
  const old: CatalogWrite[] = []
  for await (const { pk, sk, value } of queryAll<Removal>(catalog, keys.removal('', '').pk))
    if (now - value.at > SWEPT_AFTER && !(await isAtWork(catalog, value, now)))
      old.push({ kind: 'delete', key: { pk, sk }, expect: 'any' })
  await someAtOnce(old, write => catalog.write([write]))
}

const isFresh = ({ at }: Removal, now: number): boolean => now - at < MARK_COUNTS_FOR

/** Whether who left a mark may be deleting the point. */
export const isAtWork = (catalog: Catalog, mark: Removal, now: number): Promise<boolean> =>
  isFresh(mark, now)
    ? Promise.resolve(true)
    : readJob(catalog, mark.jobId).then(
        ({ value }) => value.state !== 'finished',
        () => false,
      )

/** @returns the points that may be going just now */
export async function* beingRemoved(
  catalog: Catalog,
  now: number,
  pointId = '',
): AsyncGenerator<string> {
  const { pk } = keys.removal('', '')
  for await (const { sk, value } of queryAll<Removal>(catalog, pk, { prefix: pointId }))
    if (await isAtWork(catalog, value, now)) yield sk.slice(0, sk.indexOf('#'))
}

/** @returns all points that may be going just now, whichever job removes them */
export const pointsGoing = async (catalog: Catalog, now: number): Promise<Set<string>> => {
  const going = new Set<string>()
  const jobs = new Map<string, Promise<boolean>>()
  for await (const { sk, value } of queryAll<Removal>(catalog, keys.removal('', '').pk)) {
    const found = isFresh(value, now)
      ? Promise.resolve(true)
      : (jobs.get(value.jobId) ?? isAtWork(catalog, value, now))
    if (!isFresh(value, now)) jobs.set(value.jobId, found)
    if (await found) going.add(sk.slice(0, sk.indexOf('#')))
  }
  return going
}

/**
 * Whether the VM would have no other point when this one is gone, and those that may be going just now, by whichever job. To be asked when the point
 * bears its own mark: of two jobs that remove the last two points at least one sees the other.
 */
export const wouldBeLast = async (
  catalog: Catalog,
  { pointId, vmUuid }: Pick<PointSummary, 'pointId' | 'vmUuid'>,
  now: number,
): Promise<boolean> => {
  for await (const { value } of queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk)) {
    if (value.pointId === pointId || value.vanished !== undefined) continue
    const { done } = await beingRemoved(catalog, now, value.pointId).next()
    if (done) return false
  }
  return true
}
