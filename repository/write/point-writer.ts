import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { CommitRecord } from '../format/commit.ts'
import { pointName } from '../format/names.ts'
import { newUlid } from '../format/ulid.ts'
import type { CollectorWatch } from '../gc/watch.ts'
import { type Lost, lostOf, NOTHING_LOST, notGivenAgain, stretchesOf } from '../lost/rereads.ts'
import type { Point, PointDisk } from '../point.ts'
import type { PointStatistics } from '../point-statistics.ts'
import { DiskMapReader } from '../read/disk-map.ts'
import { readPoint } from '../read/points.ts'
import type {
  DiskRequest,
  DiskWriter,
  PointRequest,
  PointWriter,
  StreamRequest,
  StreamWriter,
} from './api.ts'
import { CheckpointWriter, type SourceDisk } from './checkpoint-writer.ts'
import { noStatistics, writeCommit, writeIntent, writeSegment } from './commit.ts'
import { type DiskLayout, layoutOf } from './disk-layout.ts'
import { beginDiskMap, type DiskMapWriter } from './disk-map-writer.ts'
import { ChunkedDiskWriter, type ChunkLog } from './disk-writer.ts'
import { PackPresence } from './pack-presence.ts'
import { placePackTable } from './pack-table.ts'
import { PointStreams } from './point-streams.ts'
import { RecordStore } from './record-store.ts'
import { type Earlier, readCheckpoints, takeOver } from './resume.ts'
import type { Stretch } from './stretch.ts'

/** Writes one point in the order of docs/repository-format.md, section 10. */
export class JobPointWriter implements PointWriter {
  readonly statistics: PointStatistics = noStatistics()
  readonly #engine: Engine
  readonly #jobId: string
  readonly #vmUuid: string
  readonly #base: Point | undefined
  readonly #signal: AbortSignal | undefined
  readonly #presence: PackPresence
  readonly #records: RecordStore
  readonly #disks: ChunkedDiskWriter[] = []
  readonly #streams: PointStreams
  readonly #collector: CollectorWatch
  readonly #onClosed: (writer: JobPointWriter) => void
  readonly #diskIds = new Set<string>()
  #resuming: Promise<{ earlier: Earlier; writer: CheckpointWriter }> | undefined
  #checkpoints: CheckpointWriter | undefined
  #checkpointNotes: string[] = []
  readonly #lost = new Map<string, Promise<Lost>>()
  #committed: Promise<Point> | undefined
  #aborted = false

  /**
   * @param collector begun before anything was looked at that the point will rely on
   * @param onClosed called once nothing of it runs any more
   */
  constructor(
    engine: Engine,
    { jobId, vmUuid, base, signal }: PointRequest,
    collector: CollectorWatch,
    onClosed: (writer: JobPointWriter) => void,
  ) {
    this.#engine = engine
    this.#jobId = jobId
    this.#vmUuid = vmUuid.toLowerCase()
    this.#base = base
    this.#signal = signal
    this.#collector = collector
    this.#onClosed = onClosed
    const presence = new PackPresence(engine)
    presence.avoid(collector.condemned)
    for (const ulid of base?.packs.keys() ?? []) presence.trust(ulid)
    this.#presence = presence
    const onPack = (ulid: string) => this.#checkpoints?.sent(ulid)
    this.#records = new RecordStore(engine, presence, this.statistics, onPack, signal)
    this.#streams = new PointStreams(engine, base, this.#records, presence, this.statistics)
  }

  get notes(): readonly string[] {
    const why = this.#checkpoints?.refused
    return why === undefined
      ? this.#checkpointNotes
      : [
          ...this.#checkpointNotes,
          `No checkpoints can be left: ${why} If this job is cut off, it begins anew.`,
        ]
  }

  async disk(request: DiskRequest): Promise<DiskWriter> {
    if (this.#aborted || this.#committed) throw new InvalidWriteError('the point is closed')
    if (this.#diskIds.has(request.diskId))
      throw new InvalidWriteError(`disk ${request.diskId} twice in one point`)
    const layout = layoutOf(request, this.#base)
    this.#diskIds.add(request.diskId)
    const reader =
      this.#base && layout.base && new DiskMapReader(this.#engine, this.#base, layout.base)
    const lost = layout.base ? await this.#lostOf(layout.base) : NOTHING_LOST
    if (lost.damage) throw lost.damage
    const map = await beginDiskMap(this.#engine, layout, this.#records, reader, lost)
    const earlier = await this.#goOn(request.source, layout, map)
    const { statistics } = this
    const disk = new ChunkedDiskWriter(
      this.#engine,
      layout,
      map,
      this.#records,
      statistics,
      earlier,
    )
    this.#disks.push(disk)
    return disk
  }

  async stream(request: StreamRequest): Promise<StreamWriter> {
    if (this.#aborted || this.#committed) throw new InvalidWriteError('the point is closed')
    const stream = await this.#streams.begin(request)
    this.#resuming ??= this.#resume()
    const { writer } = await this.#resuming
    writer.tellPacks()
    return stream
  }

  async rereads(baseDiskId: string): Promise<Stretch[] | 'all'> {
    const disk = this.#base?.disks.find(({ id }) => id === baseDiskId)
    if (!disk) return []
    const { damage, chunks } = await this.#lostOf(disk)
    return damage ? 'all' : stretchesOf(chunks, disk)
  }

  commit(subject: unknown): Promise<Point> {
    if (this.#aborted) return Promise.reject(new InvalidWriteError('the point was given up'))
    if (this.#committed) return this.#committed
    const attempt = this.#commit(subject)
    this.#committed = attempt
    // A commit that failed on the way may be repeated: what was sent is known and not sent again.
    attempt.catch(() => {
      this.#committed = undefined
    })
    return attempt
  }

  async abort(): Promise<void> {
    if (this.#aborted) return
    this.#aborted = true
    const point = await this.#committed?.catch(() => undefined)
    const { aborted, reason } = this.#signal ?? {}
    // Packs that were given up are no failure: what was sent before them is as true as ever.
    const failed = [...this.#disks, ...this.#streams.all].some(
      ({ failure }) => failure && !(aborted && failure === reason),
    )
    await this.#close()
    if (!point && !failed) await this.#checkpoints?.last()
  }

  async #commit(subject: unknown): Promise<Point> {
    const engine = this.#engine
    const vmTag = engine.keys.vmTag(this.#vmUuid)
    const key = pointName(vmTag, this.#jobId)
    if (await engine.store.stat(key)) {
      await engine.moves.refresh(engine)
      const point = await readPoint(engine, key)
      await engine.locks?.settlePoint(point)
      await this.#close()
      return point
    }

    const disks = await this.#finishedDisks()
    const streams = await this.#streams.finished()
    await this.#records.flush()
    await this.#checkpoints?.end()
    const uses = [
      ...this.#disks.map(disk => disk.map.packs.uses),
      ...this.#streams.all.map(stream => stream.uses),
    ]
    const { packTable, packs } = await placePackTable(engine, this.#records, uses)
    await this.#writeSegment()
    await engine.locks?.settle(packs.values())
    const intent = { job: this.#jobId, vmUuid: this.#vmUuid, packs: [...packs.keys()] }
    const intentId = newUlid(engine.clock, engine.random)
    this.#sent(await writeIntent(engine, intentId, intent))
    await this.#collector.ensureKept(packs.keys())
    await writeCommit(engine, vmTag, {
      version: 1,
      point: this.#jobId,
      vmUuid: this.#vmUuid,
      created: new Date(engine.clock.now()).toISOString(),
      ...(this.#base && { base: this.#base.id }),
      intent: intentId,
      disks,
      ...(streams.length > 0 && { streams }),
      packTable,
      // With the PUT of this very record.
      statistics: { ...this.statistics, puts: this.statistics.puts + 1, ...this.#lock(1) },
      subject: (subject ?? null) as CommitRecord['subject'],
    })
    this.statistics.puts++
    Object.assign(this.statistics, this.#lock(0))
    await this.#close()
    // Ours or that of another attempt: what the store holds is the point.
    return readPoint(engine, key)
  }

  /** What earlier attempts have told of the disk, entered into its map. */
  async #goOn(
    source: string | undefined,
    { diskId: id, size, chunkSize }: DiskLayout,
    map: DiskMapWriter,
  ): Promise<{ done: Stretch[]; log?: ChunkLog }> {
    if (source === undefined) return { done: [] }
    const disk: SourceDisk = { id, source, size, chunkSize }
    this.#resuming ??= this.#resume()
    const { earlier, writer } = await this.#resuming
    const into = { map, records: this.#records, presence: this.#presence }
    const done = await takeOver(this.#engine, earlier.factsOf(disk), disk, into)
    const bytes = done.reduce((sum, { length }) => sum + length, 0)
    if (bytes > 0) this.statistics.resumedBytes = (this.statistics.resumedBytes ?? 0) + bytes
    const log: ChunkLog = {
      saw: (chunk, id, pack) => writer.saw(disk, chunk, id, pack),
      sawZeros: (first, count) => writer.sawZeros(disk, first, count),
    }
    return { done, log }
  }

  async #resume(): Promise<{ earlier: Earlier; writer: CheckpointWriter }> {
    const job = { job: this.#jobId, vmUuid: this.#vmUuid }
    const earlier = await readCheckpoints(this.#engine, job)
    const onSent = (bytes: number) => this.#sent(bytes)
    const writer = new CheckpointWriter(this.#engine, job, earlier.next, onSent)
    this.#checkpointNotes = earlier.notes
    this.#checkpoints = writer
    return { earlier, writer }
  }

  #lostOf(disk: PointDisk): Promise<Lost> {
    const known = this.#lost.get(disk.id)
    if (known) return known
    const found = lostOf(this.#engine, this.#base as Point, disk)
    this.#lost.set(disk.id, found)
    return found
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#disks, ...this.#streams.all].map(part => part.settle()))
    await this.#records.abandon()
    await this.#checkpoints?.settle()
    this.#onClosed(this)
  }

  /** @param more objects that are about to be locked */
  #lock(more: number): Pick<PointStatistics, 'lock'> {
    const lock = this.#engine.locks?.statistics
    return lock ? { lock: { ...lock, objects: lock.objects + more } } : {}
  }

  async #finishedDisks(): Promise<CommitRecord['disks']> {
    return Promise.all(
      this.#disks.map(async ({ layout, rootHash, map }) => {
        if (this.#base && map.owed !== undefined) throw notGivenAgain(this.#base, layout, map.owed)
        if (!rootHash) throw new InvalidWriteError(`disk ${layout.diskId} is not finished`)
        const { diskId: id, size, chunkSize } = layout
        return { id, size, chunkSize, root: await rootHash }
      }),
    )
  }

  async #writeSegment(): Promise<void> {
    const packs = this.#records.unindexed
    if (packs.length === 0) return
    this.#sent((await writeSegment(this.#engine, packs)).bytes)
    this.#records.indexed(packs)
  }

  #sent(bytes: number): void {
    this.statistics.puts++
    this.statistics.storedBytes += bytes
  }
}
