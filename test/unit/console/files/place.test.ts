import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  above,
  addressOf,
  inside,
  keyOf,
  nameOf,
  type Place,
  placeOf,
  wayTo,
} from '#console/pages/files/place.ts'

const POINT = '01J00000000000000000000009'
const readBack = (address: string): Place => placeOf(new URL(address, 'http://x').searchParams)

/** As guests call files: anything but NUL and slash. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter(text => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed())

test('whatever folders are called, the address leads back to the same place', () => {
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 5 }), (volume, names) => {
      const path = names.reduce(inside, '/')
      expect(readBack(addressOf(POINT, { volume, path }))).toEqual({ volume, path })
    }),
  )
})

test.each([
  ['volume=0p1&path=/etc/../root', { volume: '0p1', path: '/' }],
  ['volume=0p1&path=etc//./ssh/', { volume: '0p1', path: '/etc/ssh' }],
  ['volume=0p1&path=/a%00b', { volume: '0p1', path: '/' }],
  ['path=/etc', { volume: undefined, path: '/' }],
  ['volume=', { volume: undefined, path: '/' }],
])('of the address %s the page makes %j', (query, place) => {
  expect(placeOf(new URLSearchParams(query))).toEqual(place)
})

test('the way leads from the volume down, and each step back up', () => {
  const place = { volume: '0p1', path: '/etc/ssh' }
  expect(wayTo(place)).toEqual([
    { name: 'etc', place: { volume: '0p1', path: '/etc' } },
    { name: 'ssh', place },
  ])
  const up = [place]
  for (let at: Place | undefined = place; at; at = above(at)) up.push(at as typeof place)
  expect(up.slice(2).map(keyOf)).toEqual([
    keyOf({ volume: '0p1', path: '/etc' }),
    keyOf({ volume: '0p1', path: '/' }),
    keyOf({ path: '/' }),
  ])
  expect(nameOf('/etc/ssh')).toBe('ssh')
})
