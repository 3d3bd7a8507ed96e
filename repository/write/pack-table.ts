import { PacksCondemnedError } from '#core/errors/collector.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import type { CommitRecord } from '../format/commit.ts'
import { MAX_PLAINTEXT, TYPE } from '../format/kinds.ts'
import { encodePackTable, type PackRef } from '../format/pack-table.ts'
import type { RecordStore } from './record-store.ts'

export interface PlacedTable {
  /** as it stands in the commit record */
  packTable: CommitRecord['packTable']
  /** every pack that the point needs */
  packs: Map<string, PackRef>
}

/**
 * @param uses per disk, and then per stream: pack to references. All packs are sent by now.
 * @throws `PACKS_CONDEMNED` where this process has removed some of them meanwhile, or found them missing
 */
export const placePackTable = async (
  { index, keys, tuning }: Engine,
  records: RecordStore,
  uses: ReadonlyMap<string, number>[],
): Promise<PlacedTable> => {
  const forgotten = new Set(
    uses.flatMap(part => [...part.keys()].filter(ulid => index.pack(ulid) === undefined)),
  )
  if (forgotten.size > 0) throw new PacksCondemnedError(forgotten.size)
  const refOf = (ulid: string): [string, PackRef] => [ulid, index.pack(ulid) as PackRef]
  const packs = new Map(uses.flatMap(part => [...part.keys()].map(refOf)))
  const table = encodePackTable({ packs, parts: uses.map(part => new Map(part)) })
  if (table.length <= tuning.maxInlineTable)
    return { packTable: { inline: table.toString('base64') }, packs }

  // For VMs of some TB.
  const placed: { id: string; pack: string }[] = []
  for (let at = 0; at < table.length; at += MAX_PLAINTEXT) {
    const part = table.subarray(at, at + MAX_PLAINTEXT)
    const id = keys.recordId(TYPE.packTable, part)
    placed.push({ id: hex(id), pack: await records.place(id, TYPE.packTable, part) })
  }
  await records.flush()
  for (const { pack } of placed) packs.set(...refOf(pack))
  const sized = placed.map(({ id, pack }) => ({ id, pack, size: refOf(pack)[1].size }))
  return { packTable: { records: sized }, packs }
}
