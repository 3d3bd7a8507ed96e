import type { Asking } from './ask.ts'

/** What lies on a disk, or a part of it. */
export interface Signature {
  type: string
  version?: string
  label?: string
  uuid?: string
}

/** @param part in bytes; left out: the whole disk @returns nothing where nothing is known there, or two things at once */
export const signatureOf = async (
  { ask }: Asking,
  disk: string,
  part?: { offset: number; bytes: number },
): Promise<Signature | undefined> => {
  const where = part ? ['--offset', String(part.offset), '--size', String(part.bytes)] : []
  // 2: nothing known; 8: several things.
  const text = await ask(['blkid', '--probe', ...where, '--output', 'udev', disk], [0, 2, 8])
  const values = new Map(
    text.split('\n').map(line => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)] as const
    }),
  )
  const type = values.get('ID_FS_TYPE')
  if (!type) return undefined
  const version = values.get('ID_FS_VERSION')
  const label = values.get('ID_FS_LABEL_ENC')
  const uuid = values.get('ID_FS_UUID')
  return {
    type,
    ...(version && { version }),
    ...(label && { label: plain(label) }),
    ...(uuid && { uuid }),
  }
}

/** Unusual characters are there as \x20, each byte by itself. */
const plain = (encoded: string): string =>
  Buffer.from(
    encoded.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  ).toString('utf8')
