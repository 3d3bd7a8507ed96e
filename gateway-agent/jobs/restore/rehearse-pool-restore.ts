import type { RehearsePoolRestoreSpec } from '#core/contracts/components.ts'
import { ComponentSubject, POOL_DATABASE } from '#core/points/component-subject.ts'
import { componentFacts } from '#core/points/component-summary.ts'
import type { DiskExtent, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import { PointGoneError } from '../errors.ts'
import type { Pool } from '../pool.ts'

/**
 * Asks a pool whether it would take the database of a point, and tells what a person does next. The database itself is never
 * restored by a job: that reboots the host.
 * @throws `POINT_NOT_FOUND`, `POOL_RESTORE_REFUSED`, `XAPI_PERMISSION_DENIED`, damage of the point
 */
export const rehearsePoolRestore = async ({
  spec,
  pool,
  repository,
  context,
}: {
  spec: RehearsePoolRestoreSpec
  pool: Pick<Pool, 'components'>
  repository: Repository
  context: JobContext
}): Promise<Performed> => {
  const refs = await Array.fromAsync(repository.points(spec.vmUuid))
  const ref = refs.find(({ id }) => id === spec.pointId)
  const point = ref && (await repository.readPoint(ref))
  const database = point?.disks.find(({ id }) => id === POOL_DATABASE)
  if (!point || !database) throw new PointGoneError(spec.pointId, repository.store.address)
  context.report({ phase: 'asking the pool whether it would take the database' })
  const { signal } = context
  const body = bytesOf(repository.readDisk(point, POOL_DATABASE, { signal }))
  await pool.components.rehearseRestore(database.size, body, signal)
  const subject = ComponentSubject.safeParse(point.subject)
  return {
    outcome: {
      status: 'planned',
      steps: [
        'The coordinator would take this database (dry run; nothing was changed).',
        ...(subject.success ? componentFacts(subject.data) : []),
        `Write it to a file: xenkeep repo export ${point.id} --disk ${POOL_DATABASE} -o ${POOL_DATABASE}`,
        `On the coordinator, with somebody beside it, since it reboots: xe pool-restore-database file-name=${POOL_DATABASE}`,
        'Join the other hosts to the pool again, then plug their storage.',
      ],
    },
  }
}

async function* bytesOf(extents: AsyncIterable<DiskExtent>): AsyncGenerator<Uint8Array> {
  for await (const extent of extents)
    yield extent.zero ? new Uint8Array(extent.length) : extent.bytes
}
