import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'

const run = promisify(execFile)
const script = (name: string) => join(import.meta.dirname, '..', 'support', 'processes', name)

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xenkeep-robust-'))
})
afterEach(() => rm(directory, { recursive: true }))

const isWhole = (object: Uint8Array): boolean =>
  createHash('sha256').update(object.subarray(32)).digest().equals(object.subarray(0, 32))

/** @returns the keys that a writer had acknowledged when it was dead */
const writeAndDie = async (name: string, puts: number): Promise<string[]> => {
  const child = spawn(process.execPath, [script('store-writer.ts'), directory, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const keys: string[] = []
  for await (const key of createInterface(child.stdout)) {
    keys.push(key)
    if (keys.length === puts) child.kill('SIGKILL')
  }
  await closed
  return keys
}

// Two writers at a time work on one directory and are killed in the midst of a put, after some puts. Whatever was acknowledged
// must be there, whatever is there must be whole, and what the dead leave behind must not be taken for an object.
test('writers killed at any moment leave whole objects, and all that they were promised', async () => {
  const acknowledged: string[] = []
  for (const puts of [1, 2, 4, 9, 23]) {
    const names = [`a${puts}`, `b${puts}`]
    const keys = await Promise.all(names.map((name, i) => writeAndDie(name, puts + i)))
    acknowledged.push(...keys.flat())
  }
  const store = await openDirectoryStore(directory)
  const listed = (await Array.fromAsync(store.list(''))).map(o => o.key)
  expect(listed).toEqual([...listed].sort())
  expect(listed.filter(key => !key.startsWith('written/'))).toEqual([])
  expect(acknowledged.filter(key => !listed.includes(key))).toEqual([])
  expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 2 + 4 + 9 + 23)
  for (const key of listed) expect(isWhole(await store.get(key)), key).toBe(true)
})

test('of several processes exactly one creates each object', async () => {
  const names = ['one', 'two', 'three', 'four']
  const won = await Promise.all(
    names.map(async name => {
      const { stdout } = await run(process.execPath, [script('store-racer.ts'), directory, name])
      return JSON.parse(stdout) as string[]
    }),
  )
  const store = await openDirectoryStore(directory)
  const listed = (await Array.fromAsync(store.list('race/'))).map(o => o.key)
  expect(won.flat().sort()).toEqual(listed)
  expect(listed).toHaveLength(40)
  for (const [i, name] of names.entries()) {
    for (const key of won[i] ?? []) expect(Buffer.from(await store.get(key)).toString()).toBe(name)
  }
})

test('what dead writers left is removed when it is old, and never listed', async () => {
  const staging = join(directory, '+staging')
  await mkdir(staging)
  await writeFile(join(staging, 'old'), 'half an obj')
  await writeFile(join(staging, 'young'), 'half an obj')
  const twoHoursAgo = Date.now() / 1000 - 7200 // s
  await utimes(join(staging, 'old'), twoHoursAgo, twoHoursAgo)
  const store = await openDirectoryStore(directory)
  expect(await readdir(staging)).toEqual(['young'])
  expect(await Array.fromAsync(store.list(''))).toEqual([])
})

test('files that are none of ours, and symbolic links, are no objects', async () => {
  const store = await openDirectoryStore(directory)
  await store.put('a/b', [Buffer.from('x')])
  await writeFile(join(directory, '.DS_Store~'), 'x')
  await mkdir(join(directory, 'lost+found'))
  await writeFile(join(directory, 'lost+found', 'a'), 'x')
  await symlink('/etc/passwd', join(directory, 'a', 'link'))
  expect((await Array.fromAsync(store.list(''))).map(o => o.key)).toEqual(['a/b'])
  expect(await store.stat('a/link')).toBeUndefined()
  await expect(store.get('a/link')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
})

test('a directory taken away under an open store is made again', async () => {
  const store = await openDirectoryStore(directory)
  await store.put('a/b', [])
  await rm(join(directory, 'a'), { recursive: true })
  await expect(store.put('a/c', [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await store.put('a/c', [])
  expect(await store.stat('a/c')).toMatchObject({ size: 0 })
})
