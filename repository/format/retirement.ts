import { z } from 'zod'
import { ensure } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { SLOT_NAME } from './names.ts'

/** The decision to retire a key slot; docs/repository-format.md, section 4.1. */
const Retirement = z.strictObject({
  format: z.literal('xenkeep-retired-slot'),
  version: z.literal(1),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  number: z.int().min(1).max(99_999_999),
  /** name without `keys/` */
  slot: z.string().regex(SLOT_NAME),
  /** the slot that opened the repository for whoever decided */
  keeps: z.string().regex(SLOT_NAME),
  decided: z.iso.datetime(),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
})
export type Retirement = z.infer<typeof Retirement>

export const encodeRetirement = (retirement: Retirement): Buffer =>
  Buffer.from(canonicalJson(retirement))

/** What the MAC is computed over: never a bootstrap, whose `format` is another. */
export const retirementMacInput = ({
  mac: _,
  ...rest
}: Omit<Retirement, 'mac'> & { mac?: string }): Buffer => Buffer.from(canonicalJson(rest))

/** @throws FormatError */
export const decodeRetirement = (json: unknown): Retirement => {
  const parsed = Retirement.safeParse(json)
  ensure(parsed.success, 'the record of a retired slot has missing or wrong members')
  return parsed.data
}
