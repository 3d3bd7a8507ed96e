import { ChunkMissingError, type DamageError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { fromHex, hex, isZero } from '../format/bytes.ts'
import { IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import { parsePackName } from '../format/names.ts'
import type { Point, PointDisk } from '../point.ts'
import { DiskMapReader } from '../read/disk-map.ts'
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

/** Walks a disk's map and says which stretches of the disk cannot be read, and why. */
export const checkMap = async (
  check: MapCheck,
  point: Point,
  disk: PointDisk,
  refs: Parameters<typeof learnPacks>[1],
): Promise<void> => {
  const { engine, findings, health } = check
  const suspects = await learnPacks(engine, refs)
  for (const [ulid, damage] of suspects) health.markPack(ulid, findings.add(damage))
  const reader = new DiskMapReader(engine, point, disk, suspects)
  const affect = (finding: Finding, offset: number, length: number) =>
    findings.affect(finding, {
      vmUuid: point.vmUuid,
      pointId: point.id,
      diskId: disk.id,
      offset,
      length: Math.min(length, disk.size - offset),
    })

  // One finding for one damage: that of the pack, where packs were read, already tells it.
  const findingOf = (id: Uint8Array, damage: DamageError): Finding => {
    const known = health.whyUnreadable(id, disk.packs.keys())?.finding
    if (known) return known
    const finding = findings.add(damage)
    // Not only chunks: nothing new may rest on this record either.
    const pack = parsePackName(damage.object)
    if (pack) health.markRecord(pack.ulid, id, finding)
    return finding
  }

  const struck = health.strikes(disk.packs.keys())
  const borrow = (id: Uint8Array): boolean => {
    const from = struck ? health.borrowedFrom(id, disk.packs) : undefined
    if (from === undefined) return false
    check.borrowed.set(point.key, (check.borrowed.get(point.key) ?? new Set()).add(from))
    return true
  }

  const root = await attempt(() => reader.root())
  if (root.damage) return affect(findingOf(fromHex(disk.rootHash), root.damage), 0, disk.size)
  borrow(fromHex(disk.rootHash))
  const pageSpan = IDS_PER_PAGE * disk.chunkSize
  for (const [number, pageId] of root.value.pageIds.entries()) {
    if (isZero(pageId) || (!struck && check.wholePages.has(hex(pageId)))) continue
    const page = await attempt(() => reader.page(pageId))
    if (page.damage) {
      affect(findingOf(pageId, page.damage), number * pageSpan, pageSpan)
      continue
    }
    let whole = !borrow(pageId)
    for (let slot = 0; slot < IDS_PER_PAGE; slot++) {
      const id = idAt(page.value, slot)
      if (isZero(id)) continue
      const reason = health.whyUnreadable(id, disk.packs.keys())
      if (!reason) {
        if (borrow(id)) whole = false
        continue
      }
      whole = false
      const finding = reason.finding ?? findings.add(unheld(point.key))
      affect(finding, number * pageSpan + slot * disk.chunkSize, disk.chunkSize)
    }
    if (whole) check.wholePages.add(hex(pageId))
  }
}

const unheld = (key: string) => new ChunkMissingError(key, 'no pack holds some of its chunks')

const attempt = async <T>(
  work: () => Promise<T>,
): Promise<{ value: T; damage?: undefined } | { damage: DamageError }> => {
  try {
    return { value: await work() }
  } catch (error) {
    if (isDamage(error)) return { damage: error }
    throw error
  }
}
