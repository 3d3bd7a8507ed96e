import { summarize } from '#core/points/summary.ts'
import type { Repository } from '#repository/index.ts'
import type { Performed } from '../../control/leased-job.ts'
import type { KnownPoint } from '../choose-base.ts'
import { readLock } from '../read-lock.ts'

/** The outcome of a job whose point is there, made now or by an earlier attempt. */
export const backedUp = async (
  repository: Repository,
  { point, subject }: KnownPoint,
): Promise<Performed> => ({
  outcome: {
    status: 'backed-up',
    point: summarize(repository.id, point, subject, await readLock(repository, point)),
    notes: subject.notes,
  },
})
