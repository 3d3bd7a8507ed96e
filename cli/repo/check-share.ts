import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/** @returns a share, more than 0 and at most 1. @throws `USAGE` */
export const parseShare = (text: string): number => {
  const share = Number(/^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1]) / 100
  if (!(share > 0 && share <= 1))
    throw new UsageError(
      `${quoted(text)} is no share of the packs: more than 0% and up to 100%, as in 5%.`,
    )
  return share
}

const SCALES = { K: 10, M: 20, G: 30, T: 40 } as const

/** @returns bytes, more than 0. @throws `USAGE` */
export const parseSize = (text: string): number => {
  const [, digits, unit = 'K'] = /^(\d{1,6})([KMGT])(?:iB)?$/i.exec(text) ?? []
  const bytes = Number(digits) * 2 ** SCALES[unit.toUpperCase() as keyof typeof SCALES]
  if (!(bytes > 0))
    throw new UsageError(
      `${quoted(text)} is no size: a whole number with KiB, MiB, GiB or TiB, as in 10GiB.`,
    )
  return bytes
}
