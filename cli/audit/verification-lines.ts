import type { Verification } from '#core/audit/verify.ts'
import { safeText } from '../output/safe-text.ts'

const count = (records: number): string =>
  records === 1 ? '1 record' : `${records.toLocaleString('en')} records`

/** What is proven of a chain, and what is not, in plain words. */
export const verificationLines = ({
  chain,
  records,
  copied,
  findings,
}: Verification): readonly string[] => {
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
