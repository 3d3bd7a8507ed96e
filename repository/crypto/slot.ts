import { z } from 'zod'
import { crc32, ensure } from '../format/bytes.ts'
import { canonicalJson } from '../format/canonical-json.ts'
import { TAG_SIZE } from '../format/kinds.ts'
import { decrypt, encrypt } from './aes-gcm.ts'

const common = {
  version: z.literal(1),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  wrapped: z.base64(),
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
}
const salted = { salt: z.string().regex(/^[0-9a-f]{64}$/), ...common }

/** What a slot may ask of a reader at most, so that a forged one cannot take all memory, or a day: 1 GiB and about 15 s. */
const BOUNDS = {
  logN: 20, // scrypt: 1 GiB with r = 8
  memoryKiB: 2 ** 20, // argon2id: 1 GiB
  passes: 16,
  lanes: 16,
  work: 2 ** 22, // KiB times passes
}

/** docs/repository-format.md, section 4. */
export const Slot = z.discriminatedUnion('slot', [
  z.strictObject({
    slot: z.literal('scrypt'),
    logN: z.int().min(10).max(BOUNDS.logN),
    r: z.literal(8),
    p: z.literal(1),
    ...salted,
  }),
  z
    .strictObject({
      slot: z.literal('argon2id'),
      memoryKiB: z.int().max(BOUNDS.memoryKiB),
      passes: z.int().min(1).max(BOUNDS.passes),
      lanes: z.int().min(1).max(BOUNDS.lanes),
      ...salted,
    })
    // RFC 9106, section 3.1: at least 8 KiB for each lane.
    .refine(s => s.memoryKiB >= 8 * s.lanes && s.memoryKiB * s.passes <= BOUNDS.work),
  z.strictObject({ slot: z.literal('recovery'), ...salted }),
  z.strictObject({
    slot: z.literal('kms'),
    /** full name: AWS's ARN */
    key: z.string().min(1).max(2048),
    /** the wrapping key as the service encrypted it */
    encryptedKey: z.base64().max(8192),
    ...common,
  }),
])
export type Slot = z.infer<typeof Slot>
export type SlotKind = Slot['slot']

/** A slot before the root key is in it. */
export type SlotParameters = Slot extends infer S
  ? S extends Slot
    ? Omit<S, 'wrapped' | 'crc32'>
    : never
  : never

const KINDS: readonly SlotKind[] = ['scrypt', 'argon2id', 'recovery', 'kms']
export const isSlotKind = (kind: string): kind is SlotKind =>
  (KINDS as readonly string[]).includes(kind)

const ROOT_SIZE = 32 // bytes
const KEY_SIZE = 32 // bytes

const aadOf = ({ wrapped: _w, crc32: _c, ...rest }: Partial<Slot>) =>
  Buffer.from(canonicalJson(rest))
const checksumOf = ({ crc32: _, ...rest }: Record<string, unknown>) =>
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
  if (wrappingKey.length !== KEY_SIZE) return undefined
  const sealed = Buffer.from(slot.wrapped, 'base64')
  return decrypt(
    wrappingKey,
    0,
    aadOf(slot),
    sealed.subarray(0, ROOT_SIZE),
    sealed.subarray(ROOT_SIZE),
  )
}

/**
 * @returns `undefined` for a kind or version of slots that this version does not know
 * @throws FormatError
 */
export const decodeSlot = (json: unknown): Slot | undefined => {
  const look = z
    .looseObject({ slot: z.string(), version: z.int().min(1), crc32: z.string() })
    .safeParse(json)
  ensure(look.success, 'the key slot has missing or wrong members')
  ensure(checksumOf(look.data) === look.data.crc32, 'the checksum of the key slot is wrong')
  if (!isSlotKind(look.data.slot) || look.data.version > 1) return undefined
  const parsed = Slot.safeParse(json)
  ensure(parsed.success, 'the key slot has missing or wrong members')
  ensure(
    Buffer.from(parsed.data.wrapped, 'base64').length === ROOT_SIZE + TAG_SIZE,
    'the wrapped key has a wrong length',
  )
  return parsed.data
}
