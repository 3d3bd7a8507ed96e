import { createHash } from 'node:crypto'
import { UsageError } from '../errors.ts'

/** Namespace of the UUIDs below; random, fixed for ever. */
const NAMESPACE = Buffer.from('6c1a4f0e9b7d4e3ba2588d0c3f51e7d6', 'hex')

const LONGEST = 255 // characters

/** @throws `USAGE` */
export const imageUuid = (name: string): string => nameUuid(NAMESPACE, name, 'an image')

/**
 * Points belong to a VM by UUID; what is saved from a file or a folder has a name alone. So the UUID is made from the name, always the same:
 * version 5 of RFC 9562 (SHA-1 of namespace and name, as UTF-8 in NFC).
 * @param what for the message
 * @throws `USAGE`
 */
export const nameUuid = (namespace: Uint8Array, name: string, what: string): string => {
  const normal = name.normalize('NFC')
  if (normal.trim() === '' || [...normal].length > LONGEST)
    throw new UsageError(`The name of ${what} has 1 to ${LONGEST} characters.`)
  const bytes = createHash('sha1').update(namespace).update(normal, 'utf8').digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
