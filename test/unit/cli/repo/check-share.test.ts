import { expect, test } from 'vitest'
import { parseShare, parseSize } from '#cli/repo/check-share.ts'

test.each([
  ['5%', 0.05],
  ['100%', 1],
  ['0.5%', 0.005],
])('%s is a share', (text, share) => {
  expect(parseShare(text)).toBeCloseTo(share, 12)
})

test.each(['5', '0%', '101%', '-1%', '', '%', '5 %', '1e2%'])('%j is no share', text => {
  expect(() => parseShare(text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('as in 5%') }),
  )
})

test.each([
  ['10GiB', 10 * 2 ** 30],
  ['10G', 10 * 2 ** 30],
  ['512MiB', 2 ** 29],
  ['2tib', 2 ** 41],
])('%s is a size', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each(['10', '0GiB', '-1GiB', '10GB', '', 'GiB', '1.5GiB'])('%j is no size', text => {
  expect(() => parseSize(text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('as in 10GiB') }),
  )
})
