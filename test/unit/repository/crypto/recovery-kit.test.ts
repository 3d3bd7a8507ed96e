import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatRecoveryKey,
  parseRecoveryKey,
  recoveryKit,
} from '#repository/crypto/recovery-kit.ts'
import { bytesOf } from '#test/support/repository/arbitraries.ts'

test('a key comes back, however it is typed', () => {
  fc.assert(
    fc.property(bytesOf(32), key => {
      const text = formatRecoveryKey(key)
      expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/)
      const typed = text
        .toLowerCase()
        .replaceAll('-', ' ')
        .replaceAll('0', 'o')
        .replaceAll('1', 'l')
      expect(Buffer.from(parseRecoveryKey(text)).equals(key)).toBe(true)
      expect(Buffer.from(parseRecoveryKey(`\n ${typed}`)).equals(key)).toBe(true)
    }),
  )
})

test('a typing error is told from a wrong key', () => {
  fc.assert(
    fc.property(bytesOf(32), fc.nat(55), fc.integer({ min: 1, max: 31 }), (key, place, shift) => {
      const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
      const characters = [...formatRecoveryKey(key).replaceAll('-', '')]
      const old = alphabet.indexOf(characters[place] as string)
      characters[place] = alphabet.charAt((old + shift) % 32)
      // 24 bits of checksum miss one error in 16 million; none of those is in a seeded run.
      expect(() => parseRecoveryKey(characters.join(''))).toThrow(
        expect.objectContaining({ code: 'RECOVERY_KEY_MISTYPED' }),
      )
    }),
    { seed: 1 },
  )
})

test.each(['', 'not a key', 'AAAA-BBBB'])('%j is no key', text => {
  expect(() => parseRecoveryKey(text)).toThrow(
    'The recovery key has a typing error: its checksum does not match.',
  )
})

test('the kit is a page to print', () => {
  const kit = recoveryKit(new Uint8Array(32).fill(7), {
    repositoryId: '0123456789abcdef0123456789abcdef',
    address: 's3://bucket/prefix',
    created: '2026-11-22T12:00:00.000Z',
  })
  expect(kit.text).toContain('s3://bucket/prefix')
  expect(kit.text.split('\n').every(line => line.length <= 90)).toBe(true)
  const printed = kit.text.split('\n').filter(line => /^ {2}[0-9A-Z-]+$/.test(line))
  expect(Buffer.from(parseRecoveryKey(printed.join(' '))).equals(Buffer.alloc(32, 7))).toBe(true)
})
