import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

test('every decision record has a number of its own', () => {
  const numbers = readdirSync('docs/decisions').map(name => name.slice(0, 4))
  expect(numbers.filter((number, i) => numbers.indexOf(number) !== i)).toEqual([])
})
