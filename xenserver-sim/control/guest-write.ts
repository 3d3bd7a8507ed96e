import type { State } from '../state.ts'
import { XapiError } from '../xapi/errors.ts'
import type { VDIRecord } from '../xapi/records/index.ts'

const BLOCK = 64 * 1024 // what changed-block tracking can tell apart

/** Cuts a stream into pieces of one size; the last may be shorter. */
const inBlocks = async function* (
  body: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let length = 0
  for await (const part of body) {
    waiting.push(part)
    length += part.length
    if (length < size) continue
    const joined = Buffer.concat(waiting)
    const whole = joined.length - (joined.length % size)
    for (let at = 0; at < whole; at += size) yield joined.subarray(at, at + size)
    waiting = [joined.subarray(whole)]
    length = joined.length - whole
  }
  if (length > 0) yield Buffer.concat(waiting)
}

const assertInside = (disk: Readonly<VDIRecord>, end: number) => {
  if (end > disk.virtual_size) throw new XapiError('VDI_TOO_SMALL', disk.uuid, String(end))
}

/** Writes the body at an offset, as the guest would. Returns the number of bytes. */
export const guestWrite = async (
  state: State,
  disk: Readonly<VDIRecord>,
  offset: number,
  body: AsyncIterable<Buffer>,
): Promise<number> => {
  let at = offset
  for await (const block of inBlocks(body, 16 * BLOCK)) {
    assertInside(disk, at + block.length)
    await state.disks.write(disk.uuid, at, block)
    at += block.length
  }
  return at - offset
}

/**
 * Makes the disk equal to the raw image in the body, writing only the 64 KiB blocks that differ, as a guest that changed
 * some files would have. Returns the bytes written.
 */
export const guestApply = async (
  state: State,
  disk: Readonly<VDIRecord>,
  body: AsyncIterable<Buffer>,
): Promise<number> => {
  let at = 0
  let written = 0
  for await (const block of inBlocks(body, BLOCK)) {
    assertInside(disk, at + block.length)
    const old = await state.disks.read(disk.uuid, at, block.length)
    if (!old.equals(block)) {
      await state.disks.write(disk.uuid, at, block)
      written += block.length
    }
    at += block.length
  }
  return written
}
