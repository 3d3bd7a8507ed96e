import { ownerOf } from '#core/points/marks.ts'
import type { Repository } from '#repository/index.ts'
import type { Log } from '../log.ts'
import type { SnapshotDisk } from '../sources/api.ts'
import type { OurObject } from '../xapi/leftovers.ts'
import { NULL_REF } from '../xapi/records.ts'
import { newestReadablePoint, readKnownPoint } from './choose-base.ts'
import type { AskOpenJobs } from './open-jobs.ts'
import type { Pool } from './pool.ts'

type Points = Pick<Repository, 'id' | 'points' | 'readPoint'>

/**
 * Removes what jobs of ours left on a pool: after a crash, and after each job that moved its CBT base.
 *
 * Of all objects that bear our mark, those stay that a job running in this process made, those of a job with a snapshot that is not
 * over (it is going to go on with it, here or at another gateway), whatever a job made that is not over and that another gateway had last, and
 * those that the newest readable point of their VM names as CBT base. What bears no mark of ours is never touched, be it a person's or that of an
 * installation with another repository.
 *
 * @returns whether something was spared for a job that is not over: it may end without anybody going on with it
 */
export const removeLeftovers = async ({
  pool,
  repository,
  isRunning,
  openJobs,
  log,
}: {
  pool: Pick<Pool, 'listOurs' | 'removeOurs' | 'keepCbtBases'>
  repository: Points
  isRunning: (jobId: string) => boolean
  openJobs: AskOpenJobs
  log: Log
}): Promise<boolean> => {
  // First the objects, then the points: a job that ends in between is among the running ones, so its base is safe.
  const notRunning = (await pool.listOurs(ownerOf(repository.id))).filter(
    ({ jobId }) => !isRunning(jobId),
  )
  // A job holds its VM where it is as long as it has a snapshot, also one of single disks that are no snapshot VM's.
  const halfWay = new Set(
    notRunning.flatMap(({ kind, jobId }) => (kind === 'snapshot' || kind === 'block' ? jobId : [])),
  )
  // A base that is settled belongs to no job any more, and every VM has one.
  const unsettled = new Set(
    notRunning.flatMap(({ baseOf, hasData, jobId }) => (baseOf && !hasData ? [] : jobId)),
  )
  const asked = unsettled.size > 0 ? await openJobs([...unsettled]) : { open: [], elsewhere: [] }
  const spared = new Set([
    ...asked.open.filter(jobId => halfWay.has(jobId)),
    ...asked.elsewhere.map(({ jobId }) => jobId),
  ])
  const idle = notRunning.filter(({ jobId }) => !spared.has(jobId))
  if (idle.length === 0) return spared.size > 0
  const bases = await basesOf(idle, repository)

  const kept = await settleBases(pool, idle, bases, log)
  const gone = idle.filter(object => !kept.has(object))
  for (const { kind, name, jobId, baseOf } of gone)
    if (baseOf) log.info(`Removing "${name}" of job ${jobId}, which is no base any more.`)
    else log.info(`Removing a leftover of job ${jobId}: ${kind} "${name}".`)
  for (const sentence of await pool.removeOurs(gone)) log.warn(sentence)
  return spared.size > 0
}

/**
 * Keeps bases. A job that was cut off after its commit left them as whole snapshots: what its settling would have done is
 * done now.
 * @returns objects that are dealt with
 */
const settleBases = async (
  pool: Pick<Pool, 'keepCbtBases'>,
  objects: readonly OurObject[],
  bases: ReadonlyMap<string, string>,
  log: Log,
): Promise<Set<OurObject>> => {
  const kept = objects.filter(({ kind, uuid }) => kind === 'disk' && bases.has(uuid))
  const dealtWith = new Set(kept)
  const unsettled = kept.filter(({ hasData }) => hasData)
  for (const jobId of new Set(unsettled.map(object => object.jobId))) {
    log.info(`Job ${jobId} was cut off after its commit; its changed-block bases are kept.`)
    const disks = unsettled.filter(object => object.jobId === jobId)
    const snapshots = objects.filter(({ kind, jobId: of }) => kind === 'snapshot' && of === jobId)
    for (const snapshot of snapshots) dealtWith.add(snapshot)
    for (const { ref } of snapshots.length > 0 ? snapshots : [{ ref: NULL_REF }])
      for (const sentence of await pool.keepCbtBases({
        ref,
        owner: disks[0]?.owner ?? '',
        vm: { ref: NULL_REF, uuid: bases.get(disks[0]?.uuid ?? '') ?? '', name: '' },
        disks: disks.map(asSnapshotDisk),
      }))
        log.warn(sentence)
  }
  return dealtWith
}

const asSnapshotDisk = ({ ref, uuid, name }: OurObject): SnapshotDisk => ({
  ref,
  uuid,
  name,
  cbt: true,
  // Of no interest here: nothing of it is read again.
  liveUuid: '',
  userdevice: '',
  size: 0,
})

/** @returns snapshot VDI that is a base, and the VM it is one of */
const basesOf = async (
  objects: readonly OurObject[],
  repository: Points,
): Promise<Map<string, string>> => {
  const vms = new Set(objects.flatMap(({ baseOf }) => baseOf ?? []))
  const jobs = new Set(
    objects.filter(({ kind, baseOf }) => kind === 'disk' && !baseOf).map(({ jobId }) => jobId),
  )
  if (jobs.size > 0)
    for await (const ref of repository.points())
      if (jobs.has(ref.id)) vms.add((await readKnownPoint(repository, ref)).point.vmUuid)

  const bases = new Map<string, string>()
  for (const vmUuid of vms) {
    const { base } = await newestReadablePoint(repository, vmUuid)
    for (const { cbtBase } of base?.subject.disks ?? [])
      if (cbtBase) bases.set(cbtBase.vdiUuid, vmUuid)
  }
  return bases
}
