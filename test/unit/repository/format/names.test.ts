import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isoWeek,
  packName,
  parseBootstrapName,
  parsePackName,
  parsePointName,
  parseSlotName,
} from '#repository/format/names.ts'
import { newUlid, ULID, ulidFromBytes, ulidTime, ulidToBytes } from '#repository/format/ulid.ts'
import { bytesOf, ulid } from '#test/support/repository/arbitraries.ts'

describe('ulid', () => {
  test('bytes come back, and the order of texts is the order of bytes', () => {
    fc.assert(
      fc.property(bytesOf(16), bytesOf(16), (a, b) => {
        expect(Buffer.from(ulidToBytes(ulidFromBytes(a))).equals(a)).toBe(true)
        expect(ulidFromBytes(a)).toMatch(ULID)
        expect(ulidFromBytes(a) < ulidFromBytes(b)).toBe(Buffer.compare(a, b) < 0)
      }),
    )
  })

  test('carries its time', () => {
    const clock = { now: () => Date.parse('2026-11-22T12:34:56.789Z') }
    expect(ulidTime(newUlid(clock, { bytes: size => new Uint8Array(size) }))).toBe(clock.now())
  })

  test('the example of the ULID specification', () => {
    expect(ulidTime('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe(1469922850259)
  })
})

describe('ISO week', () => {
  // The first two lines are examples of ISO 8601 itself: a week belongs to the year of its Thursday.
  test.each([
    ['2008-12-29', '2009-01'],
    ['2010-01-03', '2009-53'],
    ['2026-11-22', '2026-47'],
    ['2026-11-23', '2026-48'],
    ['2027-01-01', '2026-53'],
    ['2024-12-30', '2025-01'],
  ])('%s is in %s', (day, week) => {
    expect(isoWeek(Date.parse(`${day}T00:00:00Z`))).toBe(week)
    expect(isoWeek(Date.parse(`${day}T23:59:59.999Z`))).toBe(week)
  })
})

describe('names', () => {
  test('of packs come back, and a pack in another week or folder is none', () => {
    fc.assert(
      fc.property(ulid, id => {
        fc.pre(ulidTime(id) < 8e14)
        expect(parsePackName(packName('data', id))).toEqual({ kind: 'data', ulid: id })
        expect(parsePackName(packName('meta', id))).toEqual({ kind: 'meta', ulid: id })
        expect(parsePackName(`packs/1969-01/${id}`)).toBeUndefined()
      }),
    )
  })

  test.each([
    ['repo/00000001', 1],
    ['repo/1', undefined],
    ['repo/00000001.old', undefined],
  ])('bootstrap %s', (key, n) => expect(parseBootstrapName(key)).toBe(n))

  test.each([
    ['keys/00000012.scrypt', { n: 12, slot: 'scrypt' }],
    ['keys/12.scrypt', undefined],
  ])('slot %s', (key, slot) => expect(parseSlotName(key)).toEqual(slot))

  test.each([
    'points/2b1aed0b5ee22e83e2d731a7f7184d8d/01M81J19F8WBHYZRAAAA0RNZEY.tmp',
    'points/2B1AED0B5EE22E83E2D731A7F7184D8D/01M81J19F8WBHYZRAAAA0RNZEY',
    'points/2b1aed0b5ee22e83e2d731a7f7184d8d/81M81J19F8WBHYZRAAAA0RNZEY',
  ])('%s is no point', key => expect(parsePointName(key)).toBeUndefined())
})
