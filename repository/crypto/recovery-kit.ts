import { createHash } from 'node:crypto'
import { RecoveryKeyMistypedError } from '#core/errors/repository.ts'
import { equal } from '../format/bytes.ts'
import { fromBase32, toBase32 } from './base32.ts'

/** Shown once, when the repository is made. Whoever has it can read everything. */
export interface RecoveryKit {
  /** 14 groups of 4 characters; opens the repository without its passphrase */
  key: string
  /** a page to print */
  text: string
}

const KEY_SIZE = 32 // bytes
const CHECKSUM_SIZE = 3 // bytes; with the key 35 bytes, 56 characters without a rest

const checksum = (key: Uint8Array) =>
  createHash('sha256')
    .update('xenkeep recovery key')
    .update(key)
    .digest()
    .subarray(0, CHECKSUM_SIZE)

/** @param key 32 bytes */
export const formatRecoveryKey = (key: Uint8Array): string =>
  (toBase32(Buffer.concat([key, checksum(key)])).match(/.{4}/g) as string[]).join('-')

/**
 * @returns 32 bytes
 * @throws `RECOVERY_KEY_MISTYPED`
 */
export const parseRecoveryKey = (text: string): Uint8Array => {
  const bytes = fromBase32(text.replaceAll(/[\s-]/g, ''))
  if (bytes?.length !== KEY_SIZE + CHECKSUM_SIZE) throw new RecoveryKeyMistypedError()
  const key = bytes.subarray(0, KEY_SIZE)
  if (!equal(checksum(key), bytes.subarray(KEY_SIZE))) throw new RecoveryKeyMistypedError()
  return key
}

export const recoveryKit = (
  key: Uint8Array,
  {
    repositoryId,
    address,
    created,
    kmsKey,
  }: { repositoryId: string; address: string; created: string; kmsKey?: string | undefined },
): RecoveryKit => {
  const groups = formatRecoveryKey(key)
  const lines = [
    'XENKEEP RECOVERY KIT',
    '',
    `Repository  ${repositoryId}`,
    `Address     ${address}`,
    `Created     ${created}`,
    ...(kmsKey === undefined ? [] : [`KMS key     ${kmsKey}`]),
    '',
    'Recovery key',
    `  ${groups.slice(0, 34)}`,
    `  ${groups.slice(35)}`,
    '',
    'This key opens the repository without its passphrase. Print this page, keep it where',
    'the backed-up machines are not, and keep it secret: whoever has it can read all backups.',
    'It is shown only once.',
  ]
  return { key: groups, text: `${lines.join('\n')}\n` }
}
