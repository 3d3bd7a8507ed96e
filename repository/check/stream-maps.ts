import { fromHex, hex } from '../format/bytes.ts'
import { streamIdAt } from '../format/stream-page.ts'
import type { Point, PointStream } from '../point.ts'
import { StreamMapReader } from '../read/stream-map.ts'
import { attempt, beginWalk, type MapCheck } from './map-walk.ts'

/** Walks a stream's map and says which stretches of the stream cannot be read, and why. */
export const checkStreamMap = async (
  check: MapCheck,
  point: Point,
  stream: PointStream,
): Promise<void> => {
  const { size, packs } = stream
  const walk = await beginWalk(check, point, { size, packs, place: { streamId: stream.id } })
  const map = new StreamMapReader(check.engine, point, stream, walk.suspects)
  const rootId = fromHex(stream.rootHash)
  const places = await attempt(() => map.pages())
  if (places.damage) return walk.affect(walk.findingOf(rootId, places.damage), 0, size)
  walk.borrow(rootId)
  for (const place of places.value) {
    if (!walk.struck && check.wholePages.has(hex(place.id))) continue
    const page = await attempt(() => map.page(place))
    if (page.damage) {
      walk.affect(walk.findingOf(place.id, page.damage), place.offset, place.bytes)
      continue
    }
    const { starts, count } = page.value
    let whole = !walk.borrow(place.id)
    for (let slot = 0; slot < count; slot++) {
      const id = streamIdAt(page.value, slot)
      const [from, to] = [starts[slot] as number, starts[slot + 1] as number]
      const finding = walk.whyUnreadable(id)
      if (finding) walk.affect(finding, place.offset + from, to - from)
      if (finding || walk.borrow(id)) whole = false
    }
    if (whole) check.wholePages.add(hex(place.id))
  }
}
