import type { BackupHostSpec } from '#core/contracts/components.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { PointUnintelligibleError } from '#core/errors/point.ts'
import { ComponentSubject } from '#core/points/component-subject.ts'
import { summarizeComponent } from '#core/points/component-summary.ts'
import type { Point, Repository } from '#repository/index.ts'
import { checked, type StreamCheck } from '../../components/check.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'
import type { Download } from '../../xapi/api.ts'
import type { Pool } from '../pool.ts'
import { readLock } from '../read-lock.ts'
import { writeStream } from './write-stream.ts'

export interface CaptureOptions {
  jobId: string
  /** What the point is of, and how it is locked. */
  spec: { vmUuid: string } & { [K in 'lock' | 'policyId' | 'site']?: BackupHostSpec[K] }
  pool: Pick<Pool, 'uuid' | 'describe' | 'components'>
  repository: Repository
  context: JobContext
}

/** What describes a component's point beside that which all have in common. */
type Described =
  Exclude<ComponentSubject, { format: 'component' }> extends infer S
    ? S extends ComponentSubject
      ? Omit<S, 'version' | 'pool' | 'taken' | 'bytesRead' | 'policyId' | 'site'>
      : never
    : never

/** Stores one stream of the point under a name; it has to be whole by its own format and by XenServer's word. */
export type KeepStream = (name: string, download: Download, check: StreamCheck) => Promise<void>

/**
 * Makes a recovery point of what is no VM: streams of unknown length, each verified to its end, and a description. Run again under the
 * same id, it finds its point and answers the same. Nothing is made on the pool but tasks, which are gone at the end.
 *
 * @param capture keeps the streams, then describes what they hold
 * @throws `STREAM_*`, errors of pool and repository; there is no point then
 */
export const capturePoint = async (
  options: CaptureOptions,
  capture: (keep: KeepStream) => Promise<Described>,
): Promise<Performed> => {
  const { jobId, spec, pool, repository, context } = options
  const made = await pointOfJob(repository, spec.vmUuid, jobId)
  if (made) return captured(repository, made)

  context.report({ phase: 'connecting' })
  const [about, taken] = [await pool.describe(), await pool.components.now()]
  const { signal } = context
  const { vmUuid, lock } = spec
  const writer = await repository.beginPoint({ jobId, vmUuid, lock, signal })
  let bytesRead = 0
  const keep: KeepStream = async (name, download, check) => {
    context.report({ phase: `reading ${name}` })
    try {
      const before = bytesRead
      const onBytes = (bytes: number) => {
        context.signal.throwIfAborted()
        bytesRead = before + bytes
        const { storedBytes: bytesStored } = writer.statistics
        context.report({ bytesRead, bytesStored })
      }
      const stream = { diskId: name, chunkSize: limits.streamChunkSize }
      await writeStream(writer, stream, checked(download.body, check), onBytes)
      await download.outcome()
    } finally {
      await download.close()
    }
  }
  try {
    const described = await capture(keep)
    context.signal.throwIfAborted()
    context.report({ phase: 'committing the recovery point' })
    const subject = {
      ...described,
      version: 1,
      pool: { uuid: pool.uuid, ...about },
      taken,
      bytesRead,
      ...(spec.policyId && { policyId: spec.policyId }),
      ...(spec.site && { site: spec.site }),
    }
    const point = await writer.commit(ComponentSubject.parse(subject))
    context.report({ bytesStored: writer.statistics.storedBytes + point.size })
    return captured(repository, point)
  } catch (error) {
    await writer.abort()
    throw error
  }
}

export const pointOfJob = async (
  repository: Repository,
  uuid: string,
  jobId: string,
): Promise<Point | undefined> => {
  for await (const ref of repository.points(uuid))
    if (ref.id === jobId) return repository.readPoint(ref)
  return undefined
}

const captured = async (repository: Repository, point: Point): Promise<Performed> => {
  const subject = ComponentSubject.safeParse(point.subject)
  if (!subject.success) throw new PointUnintelligibleError(point.id, subject.error)
  const lock = await readLock(repository, point)
  const summary: PointSummary = summarizeComponent(repository.id, point, subject.data, lock)
  return { outcome: { status: 'backed-up', point: summary, notes: subject.data.notes } }
}
