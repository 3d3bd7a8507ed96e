import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { costFor } from '#core/costs/bill.ts'
import { EXAMPLES } from '#core/costs/estate.ts'
import { idleCost, monthlyCost } from '#core/costs/monthly-cost.ts'

const page = readFileSync('docs/cost.md', 'utf8')

test('docs/cost.md has the bills that `npm run cost` prints, without their lines', () => {
  const printed = execFileSync(process.execPath, ['scripts/cost.ts'], { encoding: 'utf8' })
  const sums = printed
    .split('\n')
    .slice(1)
    .filter(line => /^\S|^ {2}\S/.test(line))
  expect(sums.length).toBeGreaterThan(20)
  expect(page).toContain(sums.join('\n'))
})

const second = { objects: true, controlPlane: true, timeControl: false }

test('the two figures of the promises are the same wherever they stand', () => {
  const small = monthlyCost(EXAMPLES['50 VMs, 10 TB'])
  const idle = idleCost().total.toFixed(2)
  const nightly = (small.total - costFor(small, 'storage')).toFixed(2)
  const inTwo = idleCost({ second }).total.toFixed(2)
  expect(page).toContain(`(it is ${idle}; ${inTwo} with a second region)`)
  expect(page).toContain(`(it is ${nightly}, with keys and monitoring)`)
  const readme = readFileSync('README.md', 'utf8')
  expect(readme).toContain(`for ${idle} USD a month while idle, and ${nightly} with 50 VMs each`)
  expect(readme).toContain(`${inTwo} while idle in two`)
  expect(readFileSync('changes/0200-deployable.md', 'utf8')).toContain(`${idle} USD a month`)
})
