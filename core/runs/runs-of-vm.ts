import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from './job.ts'
import { someAtOnce } from './some-at-once.ts'

/** The jobs that were about a VM, newest first. Those that are listed and not made yet are passed over. */
export const lastJobsOf = async (
  catalog: Catalog,
  vmUuid: string,
  most: number,
): Promise<Job[]> => {
  const { items } = await catalog.query<{ runId: string }>(keys.vmJob(vmUuid, '').pk, {
    descending: true,
    limit: most,
  })
  const found = await someAtOnce(items, ({ sk, value }) =>
    catalog.get<Job>(keys.job(value.runId, sk)),
  )
  return found.flatMap(item => (item ? [item.value] : []))
}
