import type { z } from 'zod'
import { putPoint } from '#core/points/points-catalog.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { JobInput } from './task-input.ts'

/** Enters the point that a finished backup made into the catalog. */
export const commitBackup =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ jobId }: z.output<typeof JobInput>) => {
    const { outcome } = (await readJob(catalog, jobId)).value
    if (outcome?.status === 'backed-up') await putPoint(catalog, outcome.point)
    return {}
  }

export const handler = taskHandler(JobInput, commitBackup)
