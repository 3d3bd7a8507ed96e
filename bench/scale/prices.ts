import { readFileSync } from 'node:fs'

/** How often a store is called. `put` stands for everything billed like PUT: PutObjectRetention too. */
export interface Requests {
  put: number
  list: number
  get: number
  head: number
}

interface Prices {
  asOf: string
  region: string
  currency: string
  source: string
  /** tiers, each up to so many TB (10^12 bytes); the last without a limit */
  storagePerGBMonth: { upToTB?: number; price: number }[]
  per1000Requests: Requests
}

/** A file with a date in its name: prices change, and a figure without its date says nothing. */
export const prices = JSON.parse(
  readFileSync(new URL('prices-2026-03.json', import.meta.url), 'utf8'),
) as Prices

/** @param bytes stored for a month @returns the price of it */
export const storageCost = (bytes: number): number => {
  let [left, cost, below] = [bytes / 1e9, 0, 0]
  for (const { upToTB = Number.POSITIVE_INFINITY, price } of prices.storagePerGBMonth) {
    const inTier = Math.min(left, upToTB * 1000 - below)
    cost += inTier * price
    left -= inTier
    below = upToTB * 1000
  }
  return cost
}

export const requestCost = ({ put, list, get, head }: Requests): number => {
  const { per1000Requests: each } = prices
  return (put * each.put + list * each.list + get * each.get + head * each.head) / 1000
}
