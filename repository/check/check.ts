import { PointClosedError } from '#core/errors/collector.ts'
import { isDamage, ObjectDamagedError } from '#core/errors/repository.ts'
import { ObjectNotFoundError, StoreDeniedError, StoreReadOnlyError } from '#core/errors/store.ts'
import type { Engine } from '../engine.ts'
import { damageListName, packName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { listPacks } from '../index/rebuild.ts'
import { syncIndex } from '../index/sync.ts'
import type { DamagedPack } from '../lost/known-damage.ts'
import { recordDamage } from '../lost/record-damage.ts'
import type { Point } from '../point.ts'
import { followMove } from '../read/follow-move.ts'
import { inParallel } from '../read/in-parallel.ts'
import { listPoints, readPoint } from '../read/points.ts'
import { Findings } from './findings.ts'
import { Health } from './health.ts'
import { checkMap } from './maps.ts'
import { readBackCount } from './read-back.ts'
import { removeReplaced } from './remove-replaced.ts'
import type { CheckReport, CheckRequest } from './report.ts'
import { checkSmallObjects } from './small-objects.ts'
import { checkStreamMap } from './stream-maps.ts'
import { leastRecent, readVerifications, summarize, type Verifications } from './verification.ts'
import { VerificationLog } from './verification-log.ts'
import { verifyPack } from './verify-pack.ts'

/** Of the packs, where neither a share nor a number of bytes is asked for. */
const DEFAULT_SAMPLE = 1 / 16
const PACKS_AT_ONCE = 2

/** One run of a check: its steps share what they found. */
class Check {
  readonly #engine: Engine
  readonly #request: CheckRequest
  readonly #findings = new Findings()
  readonly #health: Health
  readonly #report: CheckReport
  readonly #listed = new Map<string, PackRef>()
  #needed = new Map<string, PackRef>()
  #following: Promise<void> = Promise.resolve()
  readonly #log: VerificationLog
  readonly #verifications: Verifications
  readonly #pointKeys: string[] = []
  /** names of commit records, and of what keeps them from being read */
  readonly #unreadable = new Map<string, string>()
  /** by commit record: ulids of packs of others that it holds together by */
  readonly #borrowed = new Map<string, Set<string>>()
  /** ulids of packs read in full */
  readonly #read = new Set<string>()
  #notRecorded: { notRecorded?: string } = {}

  constructor(engine: Engine, request: CheckRequest, verifications: Verifications) {
    this.#engine = engine
    this.#verifications = verifications
    this.#log = new VerificationLog(engine, verifications)
    this.#request = request
    this.#health = new Health(engine.index, ulid => this.#listed.has(ulid))
    this.#report = {
      level: request.level,
      points: 0,
      packs: 0,
      packsRead: 0,
      bytesRead: 0,
      recordsVerified: 0,
      orphans: 0,
      borrowed: [],
      unreadable: [],
      verification: summarize([], verifications),
      findings: [],
    }
  }

  async run(): Promise<CheckReport> {
    const { level } = this.#request
    await syncIndex(this.#engine)
    if (level > 0) await checkSmallObjects(this.#engine, this.#findings)
    // Points before packs: a job that commits meanwhile sent its packs before.
    await this.#points()
    for await (const pack of listPacks(this.#engine)) this.#listed.set(pack.ulid, pack)
    await this.#followMoves()
    for (const pack of [...this.#needed.values()]) await this.#compareWithListing(pack)
    if (level > 0)
      await this.#packs().catch(async error => {
        // Stopped, or the store is gone: what was read until then was read.
        await this.#ifAllowed(() => this.#log.keep()).catch(() => undefined)
        throw error
      })
    // At level 0 maps are read only to tell what a lost pack takes with it.
    const { readBackSince } = this.#request
    const readBack =
      level > 0 && readBackSince !== undefined
        ? readBackCount(this.#verifications.packs, readBackSince)
        : undefined
    if (level > 0 || !this.#health.isPerfect) await this.#maps(readBack?.add)
    const report = {
      ...this.#report,
      packs: this.#listed.size,
      orphans: [...this.#listed.keys()].filter(ulid => !this.#needed.has(ulid)).length,
      borrowed: [...this.#borrowed].map(([point, packs]) => ({ point, packs: [...packs].sort() })),
      unreadable: [...this.#unreadable].map(([point, object]) => ({ point, object })),
      findings: this.#findings.all,
      ...(readBack && { readBack: readBack.result() }),
    }
    await this.#ifAllowed(() => this.#record(report))
    const verification = summarize(this.#listed.values(), this.#verifications)
    return { ...report, verification, ...this.#notRecorded }
  }

  /** Whoever may only read gets the report all the same. */
  async #ifAllowed(work: () => Promise<void>): Promise<void> {
    if (this.#request.record === false) return
    try {
      await work()
    } catch (error) {
      if (!(error instanceof StoreDeniedError || error instanceof StoreReadOnlyError)) throw error
      this.#notRecorded = { notRecorded: error.message }
    }
  }

  async #points(): Promise<void> {
    for await (const { key } of listPoints(this.#engine)) {
      this.#request.signal?.throwIfAborted()
      const point = await this.#open(key)
      this.#report.points++
      this.#progress('points', this.#report.points, 0)
      if (!point) continue
      this.#pointKeys.push(key)
      for (const pack of point.packs.values()) this.#needed.set(pack.ulid, pack)
    }
  }

  async #open(key: string): Promise<Point | undefined> {
    try {
      return await readPoint(this.#engine, key)
    } catch (error) {
      // Deleted since it was listed: no damage.
      if (error instanceof ObjectNotFoundError || error instanceof PointClosedError)
        return undefined
      if (!isDamage(error)) throw error
      this.#findings.add(error)
      this.#unreadable.set(key, error.object)
      return undefined
    }
  }

  async #compareWithListing(pack: PackRef): Promise<void> {
    const key = packName(pack.kind, pack.ulid)
    const listed = this.#listed.get(pack.ulid)
    if (listed?.size === pack.size) return
    if (!listed && (await this.#isInSources(pack))) return
    const problem = listed
      ? `it has ${listed.size} bytes instead of ${pack.size}`
      : 'it is missing from the store'
    this.#health.markPack(pack.ulid, this.#findings.add(new ObjectDamagedError(key, problem)))
  }

  /** What a collector has rewritten since the points were read is needed no more where its rewrite covers them. */
  #followMoves(): Promise<void> {
    this.#following = this.#following.then(() => this.#follow())
    return this.#following
  }

  async #follow(): Promise<void> {
    const gone = [...this.#needed.keys()].some(ulid => !this.#listed.has(ulid))
    if (!gone || !(await this.#engine.moves.tryRefresh(this.#engine))) return
    const needed = new Map<string, PackRef>()
    for (const key of this.#pointKeys)
      for (const pack of (await this.#open(key))?.packs.values() ?? []) needed.set(pack.ulid, pack)
    this.#needed = needed
    for (const { ulid, kind } of needed.values()) {
      if (this.#listed.has(ulid)) continue
      const found = await this.#engine.store.stat(packName(kind, ulid))
      if (found) this.#listed.set(ulid, { ulid, kind, size: found.size })
    }
  }

  /** A replica to which a new pack has not come yet, while all old ones that went there are still there. */
  async #isInSources(pack: PackRef): Promise<boolean> {
    const sources = this.#engine.moves.sources(pack.ulid)
    if (sources.length === 0 || !sources.every(({ ulid }) => this.#listed.has(ulid))) return false
    for (const source of sources) this.#needed.set(source.ulid, source)
    return followMove(this.#engine, pack)
  }

  async #packs(): Promise<void> {
    const { level, sample, limit, signal } = this.#request
    const share = limit === undefined && sample === undefined ? DEFAULT_SAMPLE : sample
    const chosen = leastRecent(
      this.#listed.values(),
      this.#verifications.packs,
      level === 2 ? {} : { sample: share, limit },
    )
    await inParallel(PACKS_AT_ONCE, chosen, async pack => {
      signal?.throwIfAborted()
      await this.#pack(pack)
      this.#report.packsRead++
      this.#progress('packs', this.#report.packsRead, chosen.length)
    })
  }

  async #pack(pack: PackRef): Promise<void> {
    const { bytes, whole, trailer, damage, records } = await verifyPack(this.#engine, pack)
    if (damage && (await this.#wasCollected(pack))) return
    this.#read.add(pack.ulid)
    this.#report.bytesRead += bytes
    this.#report.recordsVerified += whole
    await this.#ifAllowed(() =>
      this.#log.saw(pack.ulid, damage !== undefined || records.length > 0),
    )
    if (damage) this.#health.markPack(pack.ulid, this.#findings.add(damage))
    for (const record of records) {
      const finding = this.#findings.add(record.damage, record.entry.offset)
      this.#health.markRecord(pack.ulid, record.entry.id, finding)
    }
    if (!trailer) return
    // What was just read is surer than what the local table remembers.
    this.#engine.index.removePack(pack.ulid)
    this.#engine.index.addPack({ ulid: pack.ulid, size: pack.size, trailer })
  }

  /** A collector took it away while we were looking: nothing needed it, or what was needed of it has been rewritten. */
  async #wasCollected({ ulid, kind }: PackRef): Promise<boolean> {
    if (await this.#engine.store.stat(packName(kind, ulid))) return false
    if (!this.#needed.has(ulid)) return true
    this.#listed.delete(ulid)
    await this.#followMoves()
    return !this.#needed.has(ulid)
  }

  async #maps(see: (point: Point) => void = () => {}): Promise<void> {
    const check = {
      engine: this.#engine,
      findings: this.#findings,
      health: this.#health,
      wholePages: new Set<string>(),
      borrowed: this.#borrowed,
    }
    let done = 0
    for (const key of this.#pointKeys) {
      this.#request.signal?.throwIfAborted()
      const point = await this.#open(key)
      if (point) see(point)
      for (const disk of point?.disks ?? []) await checkMap(check, point as Point, disk)
      for (const stream of point?.streams ?? []) await checkStreamMap(check, point as Point, stream)
      this.#progress('maps', ++done, this.#pointKeys.length)
    }
  }

  /** Damage, so that new points do not rest on it and what it took is read again; then what was verified. */
  async #record(report: CheckReport): Promise<void> {
    const damaged = new Map<string, DamagedPack>()
    for (const [ulid, records] of this.#health.damage) {
      const kind = (this.#needed.get(ulid) ?? this.#listed.get(ulid))?.kind
      if (kind) damaged.set(ulid, { kind, records })
    }
    await recordDamage(this.#engine, {
      damaged,
      read: this.#read,
      matters: ulid => this.#needed.has(ulid) || this.#listed.has(ulid),
    })
    const { level, points, packs, packsRead, bytesRead, findings } = report
    const run = { level, points, packs, packsRead, bytesRead, findings: findings.length }
    await this.#log.end(run, ulid => this.#listed.has(ulid))
    const { maintenance } = this.#request
    const replaced = this.#engine.damage.replaced.map(damageListName)
    if (maintenance) await removeReplaced(maintenance, [...this.#log.replaced, ...replaced])
  }

  #progress(step: 'points' | 'packs' | 'maps', done: number, total: number): void {
    this.#request.onProgress?.({ step, done, total })
  }
}

export const checkRepository = async (
  engine: Engine,
  request: CheckRequest,
): Promise<CheckReport> => new Check(engine, request, await readVerifications(engine)).run()
