import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Keys } from '../crypto/keys.ts'
import { hex, isZero } from '../format/bytes.ts'
import { TYPE, ZERO_ID } from '../format/kinds.ts'
import { emptyPage, IDS_PER_PAGE, pageCount, setId } from '../format/map-page.ts'
import { encodeRoot } from '../format/map-root.ts'
import type { RootHasher } from '../repository.ts'

/**
 * Computes the root hash of a disk from its bytes; docs/repository-format.md, section 7. Stores nothing. Holds one page, since
 * bytes come in ascending order.
 */
export const createRootHasher = (
  keys: Keys,
  { size, chunkSize }: { size: number; chunkSize: number },
): RootHasher => {
  const pageIds: Uint8Array[] = Array.from({ length: pageCount(size, chunkSize) }, () => ZERO_ID)
  let page = emptyPage()
  let pageNumber = 0
  let next = 0 // bytes: what comes must begin here or later

  const closePage = () => {
    if (!isZero(page)) pageIds[pageNumber] = keys.recordId(TYPE.page, page)
    page = emptyPage()
  }

  const add = (offset: number, bytes: Uint8Array) => {
    const chunk = offset / chunkSize
    const number = Math.floor(chunk / IDS_PER_PAGE)
    if (number !== pageNumber) closePage()
    pageNumber = number
    if (isZero(bytes)) return
    setId(page, chunk % IDS_PER_PAGE, keys.recordId(TYPE.chunk, paddedChunk(bytes, chunkSize)))
  }

  return {
    update(offset, bytes) {
      const end = offset + bytes.length
      if (offset % chunkSize !== 0 || offset < next || end > size)
        throw new InvalidWriteError(`bytes at ${offset} are out of order or out of the disk`)
      if (end % chunkSize !== 0 && end !== size)
        throw new InvalidWriteError(`bytes up to ${end} end inside a chunk`)
      for (let at = 0; at < bytes.length; at += chunkSize)
        add(offset + at, bytes.subarray(at, at + chunkSize))
      next = end
    },
    digest() {
      closePage()
      return hex(keys.recordId(TYPE.root, encodeRoot({ size, chunkSize, pageIds })))
    },
  }
}

/** The last chunk of a disk is padded with zeros to full size. */
export const paddedChunk = (bytes: Uint8Array, chunkSize: number): Uint8Array => {
  if (bytes.length === chunkSize) return bytes
  const full = new Uint8Array(chunkSize)
  full.set(bytes)
  return full
}
