import type { ReplicateSpec, StandbyReport } from '#core/contracts/replication.ts'
import { NoPointToReplicateError, StandbyUnprovenError } from '#core/errors/replication.ts'
import { type Maker, ownerOf, STANDBY_TAG, standbyReason } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Clock } from '#core/ports.ts'
import type { PointDisk, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../control/leased-job.ts'
import type { Log } from '../log.ts'
import { assertUntouched, type Standby, type StandbyMark } from '../targets/standby.ts'
import { bounded } from './backup-vm.ts'
import { changedContent } from './changed-content.ts'
import { findPointOfJob, type KnownPoint, newestReadablePoint } from './choose-base.ts'
import type { DiskGate } from './copy-disks.ts'
import { RestoreUnprovenError } from './errors.ts'
import type { Pool } from './pool.ts'
import { readBack } from './read-back.ts'
import { writeDisks } from './write-disks.ts'

export interface ReplicationOptions<Spec> {
  jobId: string
  spec: Spec
  pool: Pool
  repository: Repository
  gate: DiskGate
  context: JobContext
  clock: Clock
  log: Log
}
type Options = ReplicationOptions<ReplicateSpec>

/** A disk of the standby, what it holds, and what it is to hold. */
interface Pair {
  vdiRef: string
  userdevice: string
  name: string
  heldId: string
  wanted: PointDisk
}

/**
 * One round: brings the standby to the newest readable recovery point of its VM. What it held before is a snapshot of it before anything is written. Cut off anywhere, the next
 * round goes back to that snapshot and begins again.
 *
 * @throws `NO_POINT_TO_REPLICATE`, `STANDBY_CHANGED`, `RESTORE_UNPROVEN`, `STANDBY_UNPROVEN`, errors of pool and repository
 */
export const replicate = async (options: Options): Promise<Performed> => {
  const { jobId, spec, pool, repository, context } = options
  const maker: Maker = { jobId, owner: ownerOf(repository.id) }
  context.report({ phase: 'looking for the newest recovery point' })
  const { base: newest, notes } = await newestReadablePoint(repository, spec.vmUuid)
  if (!newest) throw new NoPointToReplicateError(spec.vmName)

  const [found, ...former] = await pool.standbys.findAll(spec.replicaId, maker.owner)
  if (!found) return { outcome: await firstRound(options, maker, newest, notes) }
  assertUntouched(found)
  for (const old of former) {
    assertUntouched(old)
    notes.push(...(await pool.standbys.remove(old, maker)))
  }
  await pool.standbys.block(found.ref, spec.vmName)
  const standby = await settled(options, maker, found)
  const held = await heldBy(repository, standby.mark)
  const pairs = held && pairsOf(standby, newest)
  if (!held || !pairs) {
    // Another set of disks, or a point that is gone: a new standby beside the old one, which goes when the new one is there.
    notes.push(
      held
        ? 'The disks of the VM are others than those of the standby; a new standby was made in full.'
        : 'The recovery point that the standby held is gone from the repository; a new standby was made in full.',
    )
    const outcome = await firstRound(options, maker, newest, notes)
    notes.push(...(await pool.standbys.remove(standby, maker)))
    return { outcome }
  }
  if (standby.mark.point.pointId === newest.point.id && !spec.prove)
    return { outcome: replicated(await again(options, maker), 'same', 0, false, notes) }
  return { outcome: await nextRound(options, maker, { standby, held, newest, pairs, notes }) }
}

const heldBy = (repository: Repository, { point }: StandbyMark): Promise<KnownPoint | undefined> =>
  findPointOfJob(repository, point.vmUuid, point.pointId)

/** @returns undefined where the point has other disks, or of another size, than the standby */
const pairsOf = (standby: Standby, { point, subject }: KnownPoint): Pair[] | undefined => {
  const wanted = subject.vm.disks.flatMap(disk => {
    const stored = point.disks.find(({ id }) => id === disk.vdiUuid)
    return stored ? [{ userdevice: disk.userdevice, name: disk.name, stored }] : []
  })
  if (wanted.length !== standby.mark.disks.length) return undefined
  const pairs = wanted.flatMap(({ userdevice, name, stored }): Pair[] => {
    const held = standby.mark.disks.find(disk => disk.userdevice === userdevice)
    const disk = standby.disks.find(({ vbd }) => vbd.userdevice === userdevice)
    if (!held || !disk || disk.vdi.virtual_size < stored.size) return []
    return [{ vdiRef: disk.vdiRef, userdevice, name, heldId: held.diskId, wanted: stored }]
  })
  return pairs.length === wanted.length ? pairs : undefined
}

/** What a round that was cut off has left is undone, and what the standby holds is a state that can be gone back to. */
const settled = async (
  { spec, pool, log }: Options,
  maker: Maker,
  standby: Standby,
): Promise<Standby> => {
  const { standbys } = pool
  const current = async () => (await standbys.find(spec.replicaId, maker.owner)) ?? standby
  const last = standby.states.at(-1)
  if (standby.mark.writing !== undefined && last) {
    log.warn(`The standby of "${spec.vmName}" goes back to its last complete state.`)
    await standbys.goBack(standby, last, spec.vmName)
    return current()
  }
  if (standby.states.some(({ mark }) => mark.point.pointId === standby.mark.point.pointId))
    return standby
  await standbys.settle(standby)
  await standbys.keep(await standbys.snapshot(standby, maker, factsOf(standby.mark)))
  return current()
}

const factsOf = ({ replicaId, point, disks }: StandbyMark) => ({
  replicaId,
  point,
  disks: disks.map(({ userdevice, diskId }) => ({ userdevice, diskId })),
})

/** Everything is written, to a new VM. */
const firstRound = async (options: Options, maker: Maker, newest: KnownPoint, notes: string[]) => {
  const { spec, pool, context, log } = options
  const { standbys } = pool
  const vm = await pool.createVm({
    ...maker,
    metadata: asStandby(newest.subject.vm, spec),
    newName: `${spec.vmName.slice(0, 900)} (standby)`,
    signal: context.signal,
    ...(spec.srUuid && { srUuid: spec.srUuid }),
  })
  let finished = false
  try {
    const disks = await writeDisks(options, vm, newest)
    context.signal.throwIfAborted()
    const ids = new Map(newest.subject.vm.disks.map(disk => [disk.userdevice, disk.vdiUuid]))
    const mark: StandbyMark = {
      self: vm.uuid,
      replicaId: spec.replicaId,
      owner: maker.owner,
      role: 'standby',
      made: options.clock.now(),
      point: pointOf(newest),
      disks: disks.map(({ userdevice, vdiUuid }) => ({
        userdevice,
        vdiUuid,
        diskId: ids.get(userdevice) ?? '',
      })),
      startTime: 0, // never
    }
    await vm.finish({ start: false, marks: { [STANDBY_TAG]: JSON.stringify(mark) } })
    finished = true
    await standbys.block(vm.ref, spec.vmName)
    const bytes = disks.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    const made = await again(options, maker)
    let isProven = false
    if (spec.prove) {
      const state = made.states.at(-1)
      if (state) isProven = (await proveState(options, state.ref, made, newest)) === undefined
      if (!isProven) throw new StandbyUnprovenError('0')
    }
    notes.push(...vm.notes)
    return replicated(made, 'all', bytes, isProven, notes)
  } finally {
    if (!finished)
      await vm
        .discard()
        .catch(error =>
          log.warn(`The unfinished standby ${vm.uuid} could not be removed yet`, error),
        )
  }
}

/** The standby as it stands, its content kept as a state. */
const again = async (options: Options, maker: Maker): Promise<Standby> => {
  const { spec, pool } = options
  const standby = await pool.standbys.find(spec.replicaId, maker.owner)
  if (!standby) throw new NoPointToReplicateError(spec.vmName)
  return settled(options, maker, standby)
}

interface Round {
  standby: Standby
  held: KnownPoint
  newest: KnownPoint
  pairs: Pair[]
  notes: string[]
}

/** Only blocks that differ are written. After a failure the standby goes back to what it held. */
const nextRound = async (
  options: Options,
  maker: Maker,
  { standby, held, newest, pairs, notes }: Round,
) => {
  const { spec, pool, context, log } = options
  const { standbys } = pool
  await standbys.mark(standby.ref, { ...standby.mark, writing: maker.jobId })
  try {
    const bytes = await writeChanges(options, held, newest, pairs)
    context.signal.throwIfAborted()
    context.report({ phase: 'keeping the new state' })
    await standbys.settle(standby)
    const mark: StandbyMark = {
      ...standby.mark,
      point: pointOf(newest),
      disks: standby.mark.disks.map(disk => ({
        ...disk,
        diskId: pairs.find(pair => pair.userdevice === disk.userdevice)?.wanted.id ?? disk.diskId,
      })),
    }
    const state = await standbys.snapshot(standby, maker, factsOf(mark))
    if (spec.prove) {
      const wrong = await proveState(options, state.ref, { ...standby, mark }, newest)
      if (wrong !== undefined) throw new StandbyUnprovenError(wrong)
    }
    await standbys.mark(standby.ref, mark)
    // Nothing new: it was only made to be read back.
    if (held.point.id === newest.point.id) notes.push(...(await standbys.drop(state, maker)))
    else await standbys.keep(state)
    const now = await again(options, maker)
    const old = now.states.slice(0, Math.max(0, now.states.length - spec.keep - 1))
    for (const each of old) notes.push(...(await standbys.drop(each, maker)))
    const left = { ...now, states: now.states.slice(old.length) }
    return replicated(left, bytes > 0 ? 'changes' : 'same', bytes, spec.prove, notes)
  } catch (error) {
    await again(options, maker).catch(trouble =>
      log.warn(`The standby of "${spec.vmName}" goes back to its last state later`, trouble),
    )
    throw error
  }
}

const writeChanges = async (
  { pool, repository, gate, context }: Options,
  held: KnownPoint,
  newest: KnownPoint,
  pairs: readonly Pair[],
): Promise<number> => {
  context.report({ phase: 'comparing with what the standby holds' })
  const plans = await Promise.all(
    pairs.map(async pair => ({
      ...pair,
      content: await changedContent(
        repository,
        { point: held.point, diskId: pair.heldId },
        { point: newest.point, diskId: pair.wanted.id, ...pair.wanted },
      ),
    })),
  )
  const bytesTotal = plans.reduce((sum, { content }) => sum + content.changedBytes, 0)
  context.report({ phase: 'writing what differs', bytesTotal })
  let done = 0
  for (const { vdiRef, name, userdevice, wanted, content } of plans) {
    context.signal.throwIfAborted()
    const before = done
    if (content.changedBytes > 0)
      done += await gate(() =>
        pool.standbys.write({
          vdiRef,
          name,
          content,
          signal: context.signal,
          onProgress: bytes => context.report({ bytesDone: before + bytes }),
        }),
      )
    const rootHash = content.rootHash()
    if (rootHash !== wanted.rootHash)
      throw new RestoreUnprovenError(userdevice, wanted.rootHash, rootHash)
  }
  return done
}

/** @returns the first disk that is not what the point says */
const proveState = async (
  { pool, repository, context }: Options,
  state: string,
  { mark }: Pick<Standby, 'mark'>,
  { point }: KnownPoint,
): Promise<string | undefined> => {
  context.report({ phase: 'reading the standby back' })
  for (const { userdevice, diskId } of mark.disks) {
    const wanted = point.disks.find(({ id }) => id === diskId)
    if (!wanted) return userdevice
    const found = await readBack({ pool, repository, context }, state, userdevice, wanted)
    if (found !== wanted.rootHash) return userdevice
  }
  return undefined
}

const pointOf = ({ point, subject }: KnownPoint): StandbyMark['point'] => ({
  pointId: point.id,
  vmUuid: point.vmUuid,
  taken: subject.taken,
})

/** Blocked from its birth, without a verdict or duty of the original, and on the networks that the target pool has for it. */
const asStandby = (vm: VmMetadata, { vmName, networks }: ReplicateSpec): VmMetadata => {
  const reason = standbyReason(vmName)
  return {
    ...vm,
    record: { ...vm.record, blocked_operations: { start: reason, start_on: reason } },
    vifs: vm.vifs.map(vif => {
      const networkUuid = networks[vif.networkUuid ?? ''] ?? networks[vif.networkName]
      return networkUuid ? { ...vif, networkUuid } : vif
    }),
  }
}

export const reportOf = (
  { record, mark, states }: Standby,
  facts: Pick<StandbyReport, 'written' | 'bytesWritten' | 'readBack' | 'started'>,
  notes: readonly string[],
): StandbyReport => ({
  standbyUuid: record.uuid,
  standbyName: record.name_label,
  pointId: mark.point.pointId,
  taken: mark.point.taken,
  ...facts,
  states: states.map(({ uuid, mark: { point } }) => ({
    uuid,
    pointId: point.pointId,
    taken: point.taken,
  })),
  notes: bounded(notes),
})

const replicated = (
  standby: Standby,
  written: StandbyReport['written'],
  bytesWritten: number,
  readBack: boolean,
  notes: readonly string[],
) => ({
  status: 'replicated' as const,
  report: reportOf(standby, { written, bytesWritten, readBack, started: false }, notes),
})
