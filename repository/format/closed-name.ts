import { equal } from './bytes.ts'

/**
 * What stands in the place of a commit record that must never come into being (again); docs/repository-format.md, section 10.2. A sealed
 * object has at least 72 bytes, so the size in a listing tells them apart.
 */
export const CLOSED_NAME: Uint8Array = Buffer.concat([Buffer.from('XKCN\x01', 'latin1')], 16)

export const isClosedSize = (size: number): boolean => size === CLOSED_NAME.length

export const isClosedName = (object: Uint8Array): boolean => equal(object, CLOSED_NAME)
