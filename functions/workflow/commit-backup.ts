import type { z } from 'zod'
import { ulidMaker } from '#core/ids.ts'
import { unusualChangeWrites } from '#core/notifications/unusual-change.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { JobInput } from './task-input.ts'

/** Enters the point that a finished backup made into the catalog, and has it told where that is unusual. */
export const commitBackup =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ jobId }: z.output<typeof JobInput>) => {
    const { catalog, clock } = ports
    const { outcome } = (await readJob(catalog, jobId)).value
    const at = { now: clock.now(), nextId: ulidMaker(ports) }
    if (outcome?.status === 'backed-up')
      await putPoint(catalog, outcome.point, point => unusualChangeWrites(point, at))
    return {}
  }

export const handler = taskHandler(JobInput, commitBackup)
