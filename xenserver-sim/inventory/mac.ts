import { createHash } from 'node:crypto'

const md5 = (data: Buffer): Buffer => createHash('md5').update(data).digest()

/** The MAC that XAPI derives from a VM's `mac_seed` and a VIF's device number; unicast and locally administered. */
export const macFor = (seed: string, device: number): string => {
  let hash: Buffer = Buffer.from(seed)
  for (let round = 0; round < 2 * device + 1; round++) hash = md5(hash)
  const next = md5(hash)
  const bytes = [...hash.subarray(0, 4), ...next.subarray(1, 3)]
  bytes[0] = ((bytes[0] ?? 0) | 0x02) & ~0x01
  return bytes.map(b => b.toString(16).padStart(2, '0')).join(':')
}
