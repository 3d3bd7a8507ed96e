import { COMPRESSED, MAGIC, OFFSET_MASK, ZERO_FLAG } from './layout.ts'

/**
 * Writes the clusters an image holds. Its tables may lie anywhere, so all of it is taken into memory first: images here are small.
 * @param write puts bytes on the disk; rejects beyond its end
 */
export async function readQcow2(
  image: Buffer,
  write: (offset: number, data: Buffer) => Promise<void>,
): Promise<void> {
  if (image.length < 72 || image.readUInt32BE(0) !== MAGIC) throw new Error('This is no QCOW2.')
  const version = image.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw new Error(`QCOW2 version ${version} is not known.`)
  if (image.readBigUInt64BE(8) !== 0n) throw new Error('The image has a backing file.')
  const cluster = 1 << image.readUInt32BE(20)
  const size = Number(image.readBigUInt64BE(24))
  const l1Entries = image.readUInt32BE(36)
  const l1At = Number(image.readBigUInt64BE(40))
  const perTable = cluster / 8
  for (let table = 0; table < l1Entries; table++) {
    const l2At = Number(image.readBigUInt64BE(l1At + table * 8) & OFFSET_MASK)
    if (l2At === 0) continue
    for (let index = 0; index < perTable; index++) {
      const entry = image.readBigUInt64BE(l2At + index * 8)
      if ((entry & COMPRESSED) !== 0n) throw new Error('Compressed clusters are not known.')
      const at = Number(entry & OFFSET_MASK)
      if (at === 0 || (entry & ZERO_FLAG) !== 0n) continue
      const offset = (table * perTable + index) * cluster
      await write(offset, image.subarray(at, at + Math.min(cluster, size - offset)))
    }
  }
}
