import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { machineAccounts } from '#file-tree/capture/accounts.ts'
import { askGetent } from '#file-tree/capture/ask-getent.ts'

/**
 * Motivation: who owns a file may be known to a directory service alone, and that may be slow or gone. Steps: accounts of files and of a directory that answers, has nobody,
 * or hangs. Pass: each number is asked for once, a backup waits seconds for names and not hours, and what was not to be had is told.
 */
const PASSWD = ['root:x:0:0::/root:/bin/sh', 'alice:x:1000:1000::/:', 'late:x:1000:1::/:']
const lines = (database: string) => (database === 'passwd' ? PASSWD : ['staff:x:50:alice'])

test('the files first, then the directory, each number once', () => {
  const asked: string[] = []
  const accounts = machineAccounts({
    lines,
    ask: (database, id) => {
      asked.push(`${database} ${id}`)
      return id === 70_000 ? 'carol@domain' : undefined
    },
  })
  for (let n = 0; n < 3; n++) {
    expect([0, 1000, 70_000, 70_001].map(accounts.user)).toEqual([
      'root',
      'alice',
      'carol@domain',
      undefined,
    ])
    expect([50, 70_000].map(accounts.group)).toEqual(['staff', 'carol@domain'])
  }
  expect(asked).toEqual(['passwd 70000', 'passwd 70001', 'group 70000'])
  expect(accounts.notes()).toEqual([])
})

test('a directory that does not answer is not asked again, which is told', () => {
  let asked = 0
  const accounts = machineAccounts({
    lines,
    ask: () => {
      asked += 1
      return 'no answer'
    },
  })
  expect([1, 2, 1000].map(accounts.user)).toEqual([undefined, undefined, 'alice'])
  expect(accounts.group(1)).toBeUndefined()
  expect(asked).toBe(1)
  expect(accounts.notes()).toEqual([
    'The directory of this machine did not answer in time: of 3 users and groups only the numbers are saved. The next backup asks again.',
  ])
})

test('a slow one is asked for half a minute in all', () => {
  let clock = 0
  const waits: number[] = []
  const accounts = machineAccounts({
    lines,
    now: () => clock,
    ask: (_, id, patience) => {
      waits.push(patience)
      clock += 4000
      return `u${id}`
    },
  })
  const names = Array.from({ length: 20 }, (_, n) => accounts.user(2000 + n))
  expect(names.filter(name => name !== undefined)).toHaveLength(8)
  expect(waits).toEqual([5000, 5000, 5000, 5000, 5000, 5000, 5000, 2000])
})

const folders: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A program of this name before all others. */
const getentThat = (does: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-getent-'))
  folders.push(folder)
  writeFileSync(join(folder, 'getent'), `#!/bin/sh\n${does}\n`)
  chmodSync(join(folder, 'getent'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
}

test('getent says who has a number', () => {
  expect(askGetent('passwd', 0, 5000)).toBe('root')
  expect(askGetent('group', 0, 5000)).toBe('root')
  expect(askGetent('passwd', 3_999_999_999, 5000)).toBeUndefined()
})

test('of what hangs, is not there, or says something else no name comes', () => {
  getentThat('exec sleep 600')
  expect(askGetent('passwd', 5, 100)).toBe('no answer')
  getentThat('echo "somebody:x:6:6::/:"')
  expect(askGetent('passwd', 5, 5000)).toBeUndefined()
  getentThat('exit 1')
  expect(askGetent('passwd', 5, 5000)).toBeUndefined()
  vi.stubEnv('PATH', '')
  expect(askGetent('passwd', 5, 5000)).toBeUndefined()
})
