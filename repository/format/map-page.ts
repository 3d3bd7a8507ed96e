import { ensure } from './bytes.ts'
import { ID_SIZE } from './kinds.ts'

export const IDS_PER_PAGE = 1024
const PAGE_SIZE = IDS_PER_PAGE * ID_SIZE // 32,768 bytes

export const emptyPage = (): Uint8Array => new Uint8Array(PAGE_SIZE)

/** @returns the id at position `slot` (0 to 1,023), in the page's memory */
export const idAt = (page: Uint8Array, slot: number): Uint8Array =>
  page.subarray(slot * ID_SIZE, (slot + 1) * ID_SIZE)

export const setId = (page: Uint8Array, slot: number, id: Uint8Array): void =>
  page.set(id, slot * ID_SIZE)

/** @throws FormatError */
export const decodePage = (bytes: Uint8Array): Uint8Array => {
  ensure(bytes.length === PAGE_SIZE, `a map page has ${bytes.length} bytes instead of ${PAGE_SIZE}`)
  return bytes
}

/** @returns how many pages the map of a disk has */
export const pageCount = (size: number, chunkSize: number): number =>
  Math.ceil(Math.ceil(size / chunkSize) / IDS_PER_PAGE)
