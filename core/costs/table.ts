import { type Bill, costFor, SERVICES } from './bill.ts'

const usd = (value: number): string => value.toFixed(2)
const amount = (value: number): string => Math.round(value).toLocaleString('en').padStart(14)

/** A bill for a person: a line for each thing that costs a cent, sums for what they are paid for, and the total. */
export const billTable = (bill: Bill): string => {
  const parts = SERVICES.flatMap(service => {
    const lines = bill.lines.filter(line => line.for === service)
    if (lines.length === 0) return []
    const told = lines
      .filter(line => line.usd >= 0.005)
      .map(
        ({ item, quantity, unit, usd: cost }) =>
          `    ${item.padEnd(26)}${amount(quantity)} ${unit.padEnd(30)}${usd(cost).padStart(10)}`,
      )
    return [`  ${service.padEnd(73)}${usd(costFor(bill, service)).padStart(10)}`, ...told]
  })
  return [...parts, `  ${'total'.padEnd(73)}${usd(bill.total).padStart(10)}`].join('\n')
}
