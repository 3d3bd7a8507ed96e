import { asXenkeepError } from '#core/errors/base.ts'
import { type PointSubject, parseSubject } from '#core/points/subject.ts'
import type { Point, PointRef, Repository } from '#repository/index.ts'

/** A point together with what its commit record says of the VM. */
export interface KnownPoint {
  point: Point
  subject: PointSubject
}

/** @throws `POINT_UNINTELLIGIBLE`, `OBJECT_*` */
export const readKnownPoint = async (
  repository: Pick<Repository, 'readPoint'>,
  ref: Pick<PointRef, 'key'>,
): Promise<KnownPoint> => {
  const point = await repository.readPoint(ref)
  return { point, subject: parseSubject(point.id, point.subject) }
}

/** @returns the point that this job made in an earlier attempt */
export const findPointOfJob = async (
  repository: Pick<Repository, 'points' | 'readPoint'>,
  vmUuid: string,
  jobId: string,
): Promise<KnownPoint | undefined> => {
  for await (const ref of repository.points(vmUuid))
    if (ref.id === jobId) return readKnownPoint(repository, ref)
  return undefined
}

/**
 * The newest point of the VM that can be read: the repository is asked, not the catalog, which is only a view.
 * @returns also a sentence for each newer point that cannot be read
 */
export const newestReadablePoint = async (
  repository: Pick<Repository, 'points' | 'readPoint'>,
  vmUuid: string,
): Promise<{ base?: KnownPoint; notes: string[] }> => {
  const refs = await Array.fromAsync(repository.points(vmUuid))
  const notes: string[] = []
  for (const ref of refs.toSorted((a, b) => (a.id < b.id ? 1 : -1))) {
    try {
      return { base: await readKnownPoint(repository, ref), notes }
    } catch (error) {
      const { message, retryable } = asXenkeepError(error)
      if (retryable) throw error // the store is away, not the point
      notes.push(`The recovery point ${ref.id} cannot serve as base: ${message}`)
    }
  }
  return { notes }
}
