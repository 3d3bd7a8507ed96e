import { ChunkMissingError, type DamageError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { parsePackName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import type { Point, PointDisk } from '../point.ts'
import { learnPacks } from '../read/learn-packs.ts'
import type { Findings } from './findings.ts'
import type { Health } from './health.ts'
import type { Finding } from './report.ts'

export interface MapCheck {
  engine: Engine
  findings: Findings
  health: Health
  /** pages found whole before, by id: points share most of theirs */
  wholePages: Set<string>
  /** by name of the commit record: packs of others that alone have something whole which the point needs */
  borrowed: Map<string, Set<string>>
}

/** A disk or stream of a point whose map is walked. */
export interface Part extends Pick<PointDisk, 'size' | 'packs'> {
  place: { diskId: string } | { streamId: string }
}

/** What the walks through maps of disks and of streams have in common. */
export interface MapWalk {
  suspects: ReadonlyMap<string, DamageError>
  /** Something in one of the packs is damaged: every id has to be asked for. */
  struck: boolean
  /** A stretch of the disk or stream cannot be read, in bytes. */
  affect(finding: Finding, offset: number, length: number): void
  /** @returns the finding that tells of a root or page that could not be read */
  findingOf(id: Uint8Array, damage: DamageError): Finding
  /** @returns the finding that tells why a chunk cannot be read; `undefined`: it can */
  whyUnreadable(id: Uint8Array): Finding | undefined
  /** @returns whether only a pack of others has the record whole; then that is written down */
  borrow(id: Uint8Array): boolean
}

export const beginWalk = async (
  { engine, findings, health, borrowed }: MapCheck,
  point: Point,
  { place, size, packs }: Part,
): Promise<MapWalk> => {
  const refs = [...packs.keys()].map(ulid => point.packs.get(ulid) as PackRef)
  const suspects = await learnPacks(engine, refs)
  for (const [ulid, damage] of suspects) health.markPack(ulid, findings.add(damage))
  const struck = health.strikes(packs.keys())
  return {
    suspects,
    struck,
    affect: (finding, offset, length) => {
      const { vmUuid, id: pointId } = point
      const extent = { offset, length: Math.min(length, size - offset) }
      findings.affect(finding, { vmUuid, pointId, ...place, ...extent })
    },
    // One finding for one damage: that of the pack, where packs were read, already tells it.
    findingOf: (id, damage) => {
      const known = health.whyUnreadable(id, packs.keys())?.finding
      if (known) return known
      const finding = findings.add(damage)
      // Not only chunks: nothing new may rest on this record either.
      const pack = parsePackName(damage.object)
      if (pack) health.markRecord(pack.ulid, id, finding)
      return finding
    },
    whyUnreadable: id => {
      const reason = health.whyUnreadable(id, packs.keys())
      return reason && (reason.finding ?? findings.add(unheld(point.key)))
    },
    borrow: id => {
      const from = struck ? health.borrowedFrom(id, packs) : undefined
      if (from === undefined) return false
      borrowed.set(point.key, (borrowed.get(point.key) ?? new Set()).add(from))
      return true
    },
  }
}

const unheld = (key: string) => new ChunkMissingError(key, 'no pack holds some of its chunks')

export const attempt = async <T>(
  work: () => Promise<T>,
): Promise<{ value: T; damage?: undefined } | { damage: DamageError }> => {
  try {
    return { value: await work() }
  } catch (error) {
    if (isDamage(error)) return { damage: error }
    throw error
  }
}
