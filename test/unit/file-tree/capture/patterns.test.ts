import { expect, test } from 'vitest'
import { patternsOf } from '#file-tree/capture/patterns.ts'

// Each as gitignore(5) has it.
test.each([
  ['*.log', 'a.log', true],
  ['*.log', 'deep/down/a.log', true],
  ['*.log', 'a.logs', false],
  ['/a.log', 'a.log', true],
  ['/a.log', 'deep/a.log', false],
  ['var/cache', 'var/cache', true],
  ['var/cache', 'srv/var/cache', false],
  ['cache/', 'cache', false],
  ['**/tmp', 'tmp', true],
  ['**/tmp', 'a/b/tmp', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'a', false],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/*/b', 'a/x/y/b', false],
  ['?.txt', 'a.txt', true],
  ['?.txt', 'ab.txt', false],
  ['[a-c].txt', 'b.txt', true],
  ['[!a-c].txt', 'b.txt', false],
  ['a.txt', 'aXtxt', false],
  ['\\*.txt', '*.txt', true],
  ['\\*.txt', 'a.txt', false],
  ['Müller', 'M\xc3\xbcller', true],
  ['(a)+', '(a)+', true],
  ['M\\xfcl*', 'M\xfcller', true],
  ['M\\xfcl*', 'M\xc3\xbcller', false],
  ['a\\x2a', 'a*', true],
  ['a\\x2a', 'ab', false],
])('%s on %s: %s', (pattern, path, matches) => {
  expect(patternsOf([pattern]).match(path, false)).toBe(matches)
})

test('a slash at the end means folders alone', () => {
  expect(patternsOf(['cache/']).match('a/cache', true)).toBe(true)
})

test('the last pattern that fits decides', () => {
  const patterns = patternsOf(['*.log', '!important.log'])
  expect(patterns.match('a/important.log', false)).toBe(false)
  expect(patterns.match('a/other.log', false)).toBe(true)
})

test('folders on the way to what is asked for are known', () => {
  const patterns = patternsOf(['/etc/ssl/certs', 'srv/*/data'])
  for (const way of ['etc', 'etc/ssl', 'srv', 'srv/x'])
    expect(patterns.mayMatchBelow(way)).toBe(true)
  for (const other of ['usr', 'etc/apt', 'srv/x/other'])
    expect(patterns.mayMatchBelow(other)).toBe(false)
  expect(patternsOf(['*.conf']).mayMatchBelow('anything/at/all')).toBe(true)
})
