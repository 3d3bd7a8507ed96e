import type { BootCheckResult } from '#core/contracts/boot-check.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { JobOptions } from '../job-options.ts'

/** Beside the point, in the repository. A result that cannot be kept (a repository that may only be read) is told all the same. */
export const keepResult = async (
  { repository, log }: Pick<JobOptions<unknown>, 'repository' | 'log'>,
  pointId: string,
  result: BootCheckResult,
  notes: string[],
): Promise<void> => {
  try {
    await repository.keepProof({ id: pointId }, result)
  } catch (error) {
    const { message } = asXenkeepError(error)
    log.warn(`The result of boot check ${result.jobId} is not kept in the repository`, error)
    notes.push(`The result is in the catalog only, not in the repository: ${message}`)
  }
}
