import { KmsKeyUnnamedError, RepositoryShreddedError } from '#core/errors/keys.ts'
import { InvalidWriteError, RepositoryReadOnlyError } from '#core/errors/repository.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { checkRepository } from './check/check.ts'
import { checkReplica, type ReplicaReport, type ReplicaRequest } from './check/replica.ts'
import type { CheckReport, CheckRequest } from './check/report.ts'
import { readVerifications, summarize, type VerificationSummary } from './check/verification.ts'
import type { Engine } from './engine.ts'
import { FEATURES, type Feature } from './format/bootstrap.ts'
import { UUID } from './format/commit.ts'
import { ULID } from './format/ulid.ts'
import { announceFeature } from './gc/announce.ts'
import { type CollectRequest, collectGarbage } from './gc/collect.ts'
import { removePoint } from './gc/remove-point.ts'
import type { CollectReport } from './gc/report.ts'
import { refuseClosed, watchCollector } from './gc/watch.ts'
import { type HealReport, type HealRequest, heal } from './heal/heal.ts'
import { listPacks, rebuildIndex } from './index/rebuild.ts'
import { syncIndex } from './index/sync.ts'
import { type DataByEpoch, dataByEpoch } from './keys/data-by-epoch.ts'
import { listKeys } from './keys/retirements.ts'
import { readPointLock } from './lock/locked-until.ts'
import { PointLocks } from './lock/point-locks.ts'
import { type ProlongRequest, prolongLock } from './lock/prolong-lock.ts'
import { readKnownDamage } from './lost/known-damage.ts'
import type { Point, PointRef } from './point.ts'
import { readChanges } from './read/changes.ts'
import { compareDisk } from './read/comparison.ts'
import { learnPacks } from './read/learn-packs.ts'
import { readOccupancy } from './read/occupancy.ts'
import { openDisk } from './read/open-disk.ts'
import { openStream } from './read/open-stream.ts'
import { listClosed, listPoints, readPoint } from './read/points.ts'
import { type KeptProof, readProofs } from './read/proofs.ts'
import { readDisk } from './read/read-disk.ts'
import { readStream } from './read/read-stream.ts'
import { restoreDisk } from './read/restore-disk.ts'
import { createRootHasher } from './read/root-hasher.ts'
import { unfinishedJobs } from './read/unfinished-jobs.ts'
import type {
  DiskChanges,
  DiskComparison,
  DiskExtent,
  Occupancy,
  OpenDisk,
  OpenStream,
  ReaderLimits,
  ReadStreamOptions,
  Repository,
  RootHasher,
} from './repository.ts'
import type { PointRequest, PointWriter } from './write/api.ts'
import { keepProof } from './write/keep-proof.ts'
import { JobPointWriter } from './write/point-writer.ts'

/** Hands the parts of the engine their engine. */
export class OpenedRepository implements Repository {
  readonly id: string
  readonly created: number
  readonly readOnlyBecause: string | undefined
  readonly #engine: Engine
  readonly #keyUnnamed: boolean
  readonly #writers = new Set<PointWriter>()
  #closed: Promise<void> | undefined

  constructor(
    engine: Engine,
    facts: {
      id: string
      created: number
      readOnlyBecause: string | undefined
      /** The repository itself said which key opens it. */
      keyUnnamed: boolean
    },
  ) {
    this.#engine = engine
    this.id = facts.id
    this.created = facts.created
    this.#keyUnnamed = facts.keyUnnamed
    this.readOnlyBecause =
      facts.readOnlyBecause ??
      (facts.keyUnnamed ? 'it was opened with the key that its own slot names' : undefined)
  }

  get store() {
    return this.#engine.store
  }

  get isBroken(): boolean {
    return this.#engine.index.isBroken
  }

  async beginPoint(request: PointRequest): Promise<PointWriter> {
    const { jobId, vmUuid, base: asked } = request
    this.#refuseReadOnly()
    // Without a base everything is new: the threads will be needed.
    if (!asked) this.#engine.crew.start()
    if (!ULID.test(jobId)) throw new InvalidWriteError(`"${jobId}" is no ULID`)
    if (!UUID.test(vmUuid.toLowerCase())) throw new InvalidWriteError(`"${vmUuid}" is no UUID`)
    await refuseShredded(this.#engine)
    // Before anything is looked at that the point will rely on.
    const collector = await watchCollector(this.#engine)
    await refuseClosed(this.#engine, { jobId, vmUuid, base: asked })
    await syncIndex(this.#engine)
    await readKnownDamage(this.#engine)
    // What the collector has rewritten by now may be removed as soon as it likes: the watch notices only what it begins later.
    const base = asked && this.#engine.moves.resolvePoint(asked)
    const damaged = await learnPacks(this.#engine, base?.packs.values() ?? [])
    // What a check has listed is read again; what nobody has looked into yet is not.
    for (const [ulid, damage] of damaged)
      if (!this.#engine.damage.packs.has(ulid)) throw damage.at({ vmUuid, pointId: base?.id })
    const engine = await this.#lockingEngine(request)
    const writer = new JobPointWriter(engine, { ...request, base }, collector, closed =>
      this.#writers.delete(closed),
    )
    this.#writers.add(writer)
    return writer
  }

  async assertTakesPoints(request: Pick<PointRequest, 'lock'>): Promise<void> {
    this.#refuseReadOnly()
    await refuseShredded(this.#engine)
    await this.#lockingEngine(request)
  }

  lockedUntil(point: Point) {
    return readPointLock(this.#engine, point)
  }

  prolongLock(point: Point, request: ProlongRequest) {
    return prolongLock(this.#engine, point, request)
  }

  async enable(feature: Feature): Promise<boolean> {
    this.#refuseReadOnly()
    return announceFeature(this.#engine, this.store, FEATURES[feature], feature)
  }

  unfinishedJobs(vmUuid: string) {
    return unfinishedJobs(this.#engine, vmUuid)
  }

  points(vmUuid?: string): AsyncIterable<PointRef> {
    return listPoints(this.#engine, vmUuid)
  }

  closedPoints(): AsyncIterable<string> {
    return listClosed(this.#engine)
  }

  readPoint({ key }: Pick<PointRef, 'key'>): Promise<Point> {
    return readPoint(this.#engine, key)
  }

  async latestPoint(vmUuid: string): Promise<Point | undefined> {
    let latest: PointRef | undefined
    for await (const ref of this.points(vmUuid)) latest = ref
    return latest && this.readPoint(latest)
  }

  readDisk(
    point: Point,
    diskId: string,
    options: Parameters<Repository['readDisk']>[2] = {},
  ): AsyncIterable<DiskExtent> {
    return readDisk(this.#engine, point, diskId, options)
  }

  restoreDisk(
    point: Point,
    diskId: string,
    write: (extent: DiskExtent) => Promise<void>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    return restoreDisk(this.#engine, point, diskId, { write, signal })
  }

  openDisk(point: Point, diskId: string, limits?: Partial<ReaderLimits>): Promise<OpenDisk> {
    return openDisk(this.#engine, point, diskId, limits)
  }

  readStream(
    point: Point,
    streamId: string,
    options?: ReadStreamOptions,
  ): AsyncIterable<Uint8Array> {
    return readStream(this.#engine, point, streamId, options)
  }

  openStream(point: Point, streamId: string, limits?: Partial<ReaderLimits>): Promise<OpenStream> {
    return openStream(this.#engine, point, streamId, limits)
  }

  occupancy(point: Point, diskId: string): Promise<Occupancy> {
    return readOccupancy(this.#engine, point, diskId)
  }

  changes(
    older: { point: Point; diskId: string },
    newer: { point: Point; diskId: string },
  ): Promise<DiskChanges> {
    return readChanges(this.#engine, older, newer)
  }

  comparison(point: Point, diskId: string): Promise<DiskComparison> {
    return compareDisk(this.#engine, point, diskId)
  }

  rootHasher(disk: { size: number; chunkSize: number }): RootHasher {
    return createRootHasher(this.#engine.keys, disk)
  }

  dataByEpoch(): Promise<DataByEpoch> {
    return dataByEpoch(this.#engine)
  }

  check(request: CheckRequest): Promise<CheckReport> {
    const record = request.record !== false && this.readOnlyBecause === undefined
    return checkRepository(this.#engine, { ...request, record })
  }

  checkReplica(request: ReplicaRequest): Promise<ReplicaReport> {
    return checkReplica(this.#engine, request)
  }

  async heal(request: HealRequest): Promise<HealReport> {
    this.#refuseReadOnly()
    return heal(this.#engine, request)
  }

  async verification(): Promise<VerificationSummary> {
    const packs = await Array.fromAsync(listPacks(this.#engine))
    return summarize(packs, await readVerifications(this.#engine))
  }

  async collectGarbage(request: CollectRequest): Promise<CollectReport> {
    this.#refuseReadOnly()
    return collectGarbage(this.#engine, request)
  }

  async removePoint({ key }: Pick<PointRef, 'key'>, store: MaintenanceStore): Promise<void> {
    this.#refuseReadOnly()
    await removePoint(this.#engine, store, key)
  }

  async keepProof({ id }: Pick<PointRef, 'id'>, result: unknown): Promise<void> {
    this.#refuseReadOnly()
    await keepProof(this.#engine, id, result)
  }

  proofs(pointId?: string): AsyncIterable<KeptProof> {
    return readProofs(this.#engine, pointId)
  }

  async rebuildIndex() {
    this.#refuseReadOnly()
    return rebuildIndex(this.#engine)
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close(): Promise<void> {
    const aborted = await Promise.allSettled([...this.#writers].map(writer => writer.abort()))
    await this.#engine.crew.close()
    this.#engine.index.close()
    for (const result of aborted) if (result.status === 'rejected') throw result.reason
  }

  async #lockingEngine({ lock }: Pick<PointRequest, 'lock'>): Promise<Engine> {
    if (!lock) return this.#engine
    const locks = new PointLocks(this.store, lock, this.#engine.clock, this.#engine.keys)
    await locks.begin()
    return { ...this.#engine, store: locks.store, locks }
  }

  #refuseReadOnly(): void {
    if (this.#keyUnnamed) throw new KmsKeyUnnamedError(this.store.address)
    if (this.readOnlyBecause)
      throw new RepositoryReadOnlyError(this.store.address, this.readOnlyBecause)
  }
}

/** A process that has the keys in memory could go on for months with backups that nobody will ever read. */
const refuseShredded = async ({ store }: Engine): Promise<void> => {
  const { slots } = await listKeys(store)
  if (slots.length === 0) throw new RepositoryShreddedError(store.address)
}
