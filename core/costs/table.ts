import { type Bill, costFor, SERVICES } from './bill.ts'

const usd = (value: number): string => value.toFixed(2)
/** Small amounts with their decimals: what costs something is not nothing. */
const amountText = (value: number): string =>
  value < 10 && !Number.isInteger(value)
    ? Number(value.toPrecision(2)).toString()
    : Math.round(value).toLocaleString('en')

/** `GB-month` has none of its own. */
const unitText = (unit: string, amount: string): string => {
  if (unit.startsWith('GB') || amount === '1') return unit
  return unit === 'person' ? 'people' : `${unit}s`
}

/** `lambdaGbSeconds` → `lambda GB seconds` */
const itemText = (item: string): string =>
  item
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\bgb\b/g, 'GB')
    .replace(/\bhttp api\b/, 'HTTP API')

/** A bill for a person: a line for each thing that costs a cent, sums for what they are paid for, and the total. */
export const billTable = (bill: Bill): string => {
  const parts = SERVICES.flatMap(service => {
    const lines = bill.lines.filter(line => line.for === service)
    if (lines.length === 0) return []
    const told = lines
      .filter(line => line.usd >= 0.005)
      .map(({ item, quantity, unit, usd: cost }) => {
        const amount = amountText(quantity)
        return `    ${itemText(item).padEnd(26)}${amount.padStart(14)} ${unitText(unit, amount).padEnd(30)}${usd(cost).padStart(10)}`
      })
    return [`  ${service.padEnd(73)}${usd(costFor(bill, service)).padStart(10)}`, ...told]
  })
  return [...parts, `  ${'total'.padEnd(73)}${usd(bill.total).padStart(10)}`].join('\n')
}
