import {
  PRICES_AS_OF,
  type PricedItem,
  type PricedRegion,
  priceOf,
  prices,
  storageTiers,
} from './prices.ts'

/** How much of each priced thing a month takes. What is left out is nothing. */
export type Usage = Partial<Record<PricedItem, number>>

export const SERVICES = ['control plane', 'storage', 'keys', 'monitoring', 'second region'] as const
/** What a line is paid for. */
export type Service = (typeof SERVICES)[number]

export interface BillLine {
  for: Service
  item: PricedItem
  quantity: number
  /** `read request unit`, `GB-month` */
  unit: string
  usd: number
}

export interface Bill {
  region: PricedRegion
  /** Whether the quantities that AWS always gives for free are left out. */
  freeTier: boolean
  /** `2026-11-23` */
  pricesAsOf: string
  /** Whether every price on it was read from a page of AWS for this region. */
  confirmed: boolean
  lines: BillLine[]
  /** USD a month */
  total: number
}

export interface BillOptions {
  region?: PricedRegion
  /** @default false: as if others in the account had used it up */
  freeTier?: boolean
}

/**
 * Prices what a month takes. Pure: the same usage has the same bill for as long as the prices are the same.
 * @param usage by what it is for
 * @returns lines that cost something or count something, in the order of the prices; USD
 */
export const billOf = (
  usage: Partial<Record<Service, Usage>>,
  { region = 'us-east-1', freeTier = false }: BillOptions = {},
): Bill => {
  const left = freeOf(freeTier)
  const lines = SERVICES.flatMap(service =>
    (Object.keys(prices) as PricedItem[]).flatMap(item => {
      const quantity = usage[service]?.[item] ?? 0
      if (quantity === 0) return []
      const forFree = Math.min(quantity, left[item] ?? 0)
      left[item] = (left[item] ?? 0) - forFree
      const usd = costOf(item, quantity - forFree, region)
      return [{ for: service, item, quantity, unit: priceOf(item).unit, usd }]
    }),
  )
  return {
    region,
    freeTier,
    pricesAsOf: PRICES_AS_OF,
    confirmed: lines.every(({ item }) => priceOf(item).in[region].confirmed),
    lines,
    total: lines.reduce((sum, { usd }) => sum + usd, 0),
  }
}

/** @returns USD that the lines of one service come to */
export const costFor = ({ lines }: Bill, service: Service): number =>
  lines.reduce((sum, line) => (line.for === service ? sum + line.usd : sum), 0)

const freeOf = (freeTier: boolean): Partial<Record<PricedItem, number>> =>
  freeTier
    ? Object.fromEntries((Object.keys(prices) as PricedItem[]).map(i => [i, priceOf(i).free ?? 0]))
    : {}

const costOf = (item: PricedItem, quantity: number, region: PricedRegion): number => {
  if (item === 'storageGbMonths') return tiered(quantity, region)
  const { per, in: by } = priceOf(item)
  return (quantity * by[region].usd) / per
}

const tiered = (gb: number, region: PricedRegion): number => {
  let below = 0
  let usd = 0
  for (const tier of storageTiers[region]) {
    usd += Math.max(0, Math.min(gb, tier.upToGb) - below) * tier.usd
    below = tier.upToGb
  }
  return usd
}
