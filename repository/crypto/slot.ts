import { z } from 'zod'
import { crc32, ensure } from '../format/bytes.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { TAG_SIZE } from '../format/kinds.ts'
import { decrypt, encrypt } from './aes-gcm.ts'

const salt = z.string().regex(/^[0-9a-f]{64}$/)
const common = {
  version: z.literal(1),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  salt,
  wrapped: z.base64(),
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
}

/** docs/repository-format.md, section 4. `logN` is bounded, so that a forged slot cannot ask for all memory. */
export const Slot = z.discriminatedUnion('slot', [
  z.strictObject({
    slot: z.literal('scrypt'),
    logN: z.int().min(10).max(20),
    r: z.literal(8),
    p: z.literal(1),
    ...common,
  }),
  z.strictObject({ slot: z.literal('recovery'), ...common }),
])
export type Slot = z.infer<typeof Slot>
export type SlotKind = Slot['slot']

/** A slot before the root key is in it. */
export type SlotParameters = Slot extends infer S
  ? S extends Slot
    ? Omit<S, 'wrapped' | 'crc32'>
    : never
  : never

const ROOT_SIZE = 32 // bytes

const aadOf = ({ wrapped: _w, crc32: _c, ...rest }: Partial<Slot>) =>
  Buffer.from(canonicalJson(rest))
const checksumOf = ({ crc32: _, ...rest }: Partial<Slot>) =>
  crc32(Buffer.from(canonicalJson(rest)))
    .toString(16)
    .padStart(8, '0')

/** @returns the slot object with `root` wrapped in it */
export const wrapRoot = (
  parameters: SlotParameters,
  wrappingKey: Uint8Array,
  root: Uint8Array,
): Buffer => {
  const { ciphertext, tag } = encrypt(wrappingKey, 0, aadOf(parameters), root)
  const slot = { ...parameters, wrapped: Buffer.concat([ciphertext, tag]).toString('base64') }
  return Buffer.from(canonicalJson({ ...slot, crc32: checksumOf(slot) }))
}

/** @returns the root key, or `undefined` when `wrappingKey` is not the slot's */
export const unwrapRoot = (slot: Slot, wrappingKey: Uint8Array): Buffer | undefined => {
  const sealed = Buffer.from(slot.wrapped, 'base64')
  return decrypt(
    wrappingKey,
    0,
    aadOf(slot),
    sealed.subarray(0, ROOT_SIZE),
    sealed.subarray(ROOT_SIZE),
  )
}

/** @throws FormatError */
export const decodeSlot = (json: unknown): Slot => {
  const parsed = Slot.safeParse(json)
  ensure(parsed.success, 'the key slot has missing or wrong members')
  ensure(checksumOf(parsed.data) === parsed.data.crc32, 'the checksum of the key slot is wrong')
  ensure(
    Buffer.from(parsed.data.wrapped, 'base64').length === ROOT_SIZE + TAG_SIZE,
    'the wrapped key has a wrong length',
  )
  return parsed.data
}
