import { expect, test } from 'vitest'
import { shellCommand, wishOf } from '#cli/setup/up-options.ts'

const HEX = 'ab'.repeat(32)
const COLONS = Array.from({ length: 32 }, () => 'AB').join(':')
const least = { pool: 'https://192.0.2.10', passwordFile: '/root/pool-password' }

test('the least that has to be said', () => {
  expect(wishOf(least, '/data/repository')).toEqual({
    pool: {
      url: 'https://192.0.2.10',
      user: 'root',
      passwordFile: '/root/pool-password',
      fingerprints: [],
    },
    repository: 'file:/data/repository',
  })
})

test('a bare host means https, fingerprints lose their colons, addresses their last slash', () => {
  const wish = wishOf(
    {
      ...least,
      pool: 'xen1.example:8443',
      fingerprint: [COLONS, HEX],
      repository: 's3://bucket/a/b/',
      port: 0,
    },
    '/x',
  )
  expect(wish.pool.url).toBe('https://xen1.example:8443')
  expect(wish.pool.fingerprints).toEqual([HEX, HEX])
  expect(wish.repository).toBe('s3://bucket/a/b')
  expect(wish.port).toBe(0)
})

test.each([
  [{}, 'This is the first start on this data directory: say which pool to protect.'],
  [
    { pool: 'x' },
    'Say with --password-file where the password of the pool is; a password is never taken from the command line.',
  ],
  [{ ...least, pool: 'http://x' }, '"http://x" is not the address of a pool.'],
  [
    { ...least, pool: 'https://root:secret@x' },
    'An address with credentials in it is not the address of a pool.',
  ],
  [
    { ...least, fingerprint: ['zz'] },
    '"zz" is not a SHA-256 fingerprint (64 hex digits, colons allowed).',
  ],
  [
    { ...least, fingerprint: [HEX], caFile: 'ca.pem' },
    'Give --fingerprint or --ca-file, not both.',
  ],
  [{ ...least, repository: '/srv/backups' }, '"/srv/backups" is not the address of a repository.'],
])('%j is refused', (options, message) => {
  expect(() => wishOf(options, '/x')).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
  )
})

test('words are quoted for a shell where they have to be', () => {
  expect(shellCommand(['xenkeep', 'restore', 'latest:my vm', "it's", '--name', 'a-b_c'])).toBe(
    `xenkeep restore 'latest:my vm' 'it'\\''s' --name a-b_c`,
  )
})
