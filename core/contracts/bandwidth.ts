import { z } from 'zod'

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 08:00')
const Day = '(mon|tue|wed|thu|fri|sat|sun)'

/** When how much may flow. Times are those of the plan's time zone. */
export const BandwidthEntry = z.strictObject({
  from: Time.default('00:00'),
  /** The first minute that is not meant any more; the same as `from` means the whole day, an earlier one the next morning. */
  to: Time.default('00:00'),
  /** Days on which `from` lies: `mon-fri`, `sat,sun`, `fri-mon`; every day unless told. */
  days: z
    .string()
    .regex(
      new RegExp(`^${Day}(-${Day})?(,${Day}(-${Day})?)*$`),
      'must be days such as mon-fri or sat,sun',
    )
    .default('mon-sun'),
  /** Bytes per second of all streams together, at least 64KB/s. KB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024. */
  rate: z
    .string()
    .regex(/^[1-9]\d{0,8}(\.\d{1,3})?(K|M|G)i?B\/s$/, {
      error: 'must be a rate such as 50MB/s',
      abort: true,
    })
    .refine(text => rateOf(text) >= 64_000, 'must be at least 64KB/s'),
})
export type BandwidthEntry = z.infer<typeof BandwidthEntry>

/** What a gateway may carry by time of day. Where no entry fits, nothing holds it back; where several fit, the lowest counts. */
export const BandwidthPlan = z.strictObject({
  /** IANA name; that of the gateway's machine unless told. */
  timeZone: z
    .string()
    .max(100)
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin')
    .optional(),
  /** Bytes sent to the repository: what fills the line out of the site. */
  toRepository: z.array(BandwidthEntry).max(50).default([]),
  /** Bytes of disk read from XenServer: what burdens its hosts and storage. */
  fromXenServer: z.array(BandwidthEntry).max(50).default([]),
})
export type BandwidthPlan = z.infer<typeof BandwidthPlan>

/** @param text of the form that `BandwidthEntry` takes @returns bytes per second */
export function rateOf(text: string): number {
  const [, figure = '', letter = '', binary] = /^([\d.]+)([KMG])(i?)B/.exec(text) ?? []
  return Number(figure) * (binary ? 1024 : 1000) ** ('KMG'.indexOf(letter) + 1)
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}
