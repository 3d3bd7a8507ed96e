import { EXAMPLES } from '#core/costs/estate.ts'
import { counts } from '#core/costs/latest-counts.ts'
import { idleCost, monthlyCost } from '#core/costs/monthly-cost.ts'
import { PRICES_AS_OF } from '#core/costs/prices.ts'
import { billTable } from '#core/costs/table.ts'

/* Prints the bills of docs/cost.md. */

const second = { objects: true, controlPlane: true, timeControl: false }
const small = EXAMPLES['50 VMs, 10 TB']
const large = EXAMPLES['1,000 VMs, 100 TB']
const bills = {
  'nothing to do': idleCost(),
  'nothing to do, with a second region': idleCost({ second }),
  'nothing to do, without what is always free': idleCost({}, { freeTier: true }),
  '50 VMs, 10 TB, each night': monthlyCost(small),
  '50 VMs, 10 TB, with a second region': monthlyCost({ ...small, second }),
  '1,000 VMs, 100 TB, each night': monthlyCost(large),
}

console.log(`prices of ${PRICES_AS_OF}, us-east-1, USD a month; counts of ${counts.asOf}\n`)
for (const [name, bill] of Object.entries(bills)) console.log(`${name}\n${billTable(bill)}\n`)
