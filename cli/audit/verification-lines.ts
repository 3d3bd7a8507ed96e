import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import type { Verified } from './verify.ts'

const count = (records: number): string =>
  records === 1 ? '1 record' : `${records.toLocaleString('en')} records`

/** What is proven of a chain, what is not, and when it was copied last, in plain words. */
export const verificationLines =
  ({ time }: Pick<Host, 'time'>) =>
  (verified: Verified): readonly string[] => [...proofLines(verified), ...copyLines(verified, time)]

const copyLines = (
  { records, copied = 0, lastCopy, waiting }: Verified,
  time: Host['time'],
): readonly string[] => {
  // A control plane of before does not tell.
  if (records === 0 || (!lastCopy && copied > 0)) return []
  const last =
    lastCopy === undefined
      ? 'The control plane has copied none of them so far'
      : `The control plane copied them up to number ${lastCopy.seq}${lastCopy.at === undefined ? '' : `, the last time at ${time(lastCopy.at)}`}`
  return [
    waiting === undefined
      ? `  ${last}: nothing waits to be copied.`
      : `  ${last}. ${count(waiting.records)} ${waiting.records === 1 ? 'waits' : 'wait'} for the next copy, the oldest from ${time(waiting.since)}; until then whoever can write the catalog can change them.`,
  ]
}

const proofLines = ({ chain, records, copied, findings }: Verified): readonly string[] => {
  const name = `Chain "${safeText(chain)}"`
  if (findings.length > 0)
    return [
      `${name} with ${count(records)} is NOT whole:`,
      ...findings.map(({ text }) => `  ${text}`),
      '  Somebody changed the catalog by another way than XenKeep, or the disk lost something. What a locked copy holds is what was recorded.',
    ]
  const proven = `${name}: ${count(records)}, each unchanged and following the one before.`
  if (copied === undefined)
    return [
      proven,
      '  No copy was compared: who can write the catalog could have computed all hashes anew, or cut off the newest records.',
      '  Name the locked copy with --copy to prove that too.',
    ]
  if (copied === 0 && records > 0)
    return [
      proven,
      '  The copy holds none of them yet: who can write the catalog could have computed all hashes anew, or cut off the newest records.',
      '  Look again when the next copy was made; if that takes hours, look at the log of the control plane.',
    ]
  const rest = records - copied
  return [
    proven,
    `  In the copy just so: ${count(copied)}. Nobody changed, dropped or added any of them.`,
    ...(rest > 0
      ? [
          `  Not copied yet: the newest ${count(rest)}. That nothing behind what was copied was cut off is proven with the next copy.`,
        ]
      : []),
  ]
}
