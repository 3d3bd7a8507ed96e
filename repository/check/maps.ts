import { fromHex, hex, isZero } from '../format/bytes.ts'
import { IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { Point, PointDisk } from '../point.ts'
import { DiskMapReader } from '../read/disk-map.ts'
import { attempt, beginWalk, type MapCheck } from './map-walk.ts'

/** Walks a disk's map and says which stretches of the disk cannot be read, and why. */
export const checkMap = async (check: MapCheck, point: Point, disk: PointDisk): Promise<void> => {
  const { size, packs } = disk
  const walk = await beginWalk(check, point, { size, packs, place: { diskId: disk.id } })
  const reader = new DiskMapReader(check.engine, point, disk, walk.suspects)
  const rootId = fromHex(disk.rootHash)
  const root = await attempt(() => reader.root())
  if (root.damage) return walk.affect(walk.findingOf(rootId, root.damage), 0, disk.size)
  walk.borrow(rootId)
  const pageSpan = IDS_PER_PAGE * disk.chunkSize
  for (const [number, pageId] of root.value.pageIds.entries()) {
    if (isZero(pageId) || (!walk.struck && check.wholePages.has(hex(pageId)))) continue
    const page = await attempt(() => reader.page(pageId))
    if (page.damage) {
      walk.affect(walk.findingOf(pageId, page.damage), number * pageSpan, pageSpan)
      continue
    }
    let whole = !walk.borrow(pageId)
    for (let slot = 0; slot < IDS_PER_PAGE; slot++) {
      const id = idAt(page.value, slot)
      if (isZero(id)) continue
      const finding = walk.whyUnreadable(id)
      if (finding) walk.affect(finding, number * pageSpan + slot * disk.chunkSize, disk.chunkSize)
      if (finding || walk.borrow(id)) whole = false
    }
    if (whole) check.wholePages.add(hex(pageId))
  }
}
