import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { peopleHere, peopleOf } from '#file-tree/restore/people-here.ts'

/**
 * Motivation: with a directory that is gone, files must not be given to whoever has the recorded number. Steps: a getent that says what one of a domain does, that hangs, that
 * fails, and none. Pass: a number only where somebody has the name, none where nobody has it, and an error with a code where that is not to be told.
 */
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-getent-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const getentThat = (does: string) => {
  writeFileSync(join(folder, 'getent'), `#!/bin/sh\n${does}\n`)
  chmodSync(join(folder, 'getent'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
}

test('a name that a domain writes in its own way', async () => {
  getentThat('[ "$2" = 3Alice ] && echo "3alice@example.org:*:70000:70000::/:" || exit 2')
  expect(await peopleHere.user('3Alice')).toBe(70_000)
  expect(await peopleHere.group('nobody-of-that-name')).toBeUndefined()
})

test.each([
  ['exec sleep 600', 'the directory did not answer within 0 s'],
  ['exit 1', '"getent passwd" failed with 1'],
])('%s: an error that can be tried again', async (does, why) => {
  getentThat(does)
  await expect(peopleOf(200).user('alice')).rejects.toMatchObject({
    code: 'OWNERS_UNANSWERED',
    message: `Who has the name "alice" on this machine cannot be told: ${why}.`,
    retryable: true,
  })
})

test('without getent the files say it', async () => {
  vi.stubEnv('PATH', folder)
  expect(await peopleHere.user('root')).toBe(0)
  expect(await peopleHere.user('no-such-person')).toBeUndefined()
})
