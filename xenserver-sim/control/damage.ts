import { createCipheriv, createHash } from 'node:crypto'
import type { State } from '../state.ts'
import type { VDIRecord } from '../xapi/records/index.ts'

const PIECE = 1024 * 1024

/** Overwrites a range with noise, as ransomware would: what was there cannot be told any more. Returns the bytes. */
export const damageDisk = async (
  state: State,
  disk: Readonly<VDIRecord>,
  { offset, length, seed }: { offset: number; length: number; seed: number },
): Promise<number> => {
  const key = createHash('sha256').update(`damage ${seed}`).digest()
  const noise = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const end = Math.min(offset + length, disk.virtual_size)
  for (let at = offset; at < end; at += PIECE)
    await state.disks.write(disk.uuid, at, noise.update(Buffer.alloc(Math.min(PIECE, end - at))))
  return Math.max(0, end - offset)
}
