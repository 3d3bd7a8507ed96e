import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'

const run = promisify(execFile)
const script = (name: string) => join(import.meta.dirname, '..', 'support', 'processes', name)

let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xenkeep-robust-'))
  file = join(directory, 'catalog.db')
})
afterEach(() => rm(directory, { recursive: true }))

const change = (sql: string) => {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

test('several processes that start together on a new file lose no update', async () => {
  await Promise.all(
    Array.from({ length: 4 }, () => run(process.execPath, [script('catalog-counter.ts'), file])),
  )
  const catalog = openSqliteCatalog(file)
  const { items } = await catalog.query('count')
  expect(items.map(({ version, value }) => ({ version, value }))).toEqual([
    { version: 100, value: 100 },
    { version: 100, value: 100 },
  ])
  catalog.close()
})

/** @returns how many pairs a writer had acknowledged when it was dead */
const writeAndDie = async (name: string, pairs: number): Promise<number> => {
  const child = spawn(process.execPath, [script('catalog-writer.ts'), file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let acknowledged = 0
  for await (const _ of createInterface(child.stdout)) {
    acknowledged++
    if (acknowledged === pairs) child.kill('SIGKILL')
  }
  await closed
  return acknowledged
}

// Two writers at a time are killed in the midst of a write. Each acknowledged pair must be there, and no half of any pair.
test('writers killed at any moment leave whole writes, and all that they were promised', async () => {
  for (const pairs of [1, 3, 10, 40]) {
    const names = [`a${pairs}`, `b${pairs}`]
    const acknowledged = await Promise.all(names.map((name, i) => writeAndDie(name, pairs + i)))
    const catalog = openSqliteCatalog(file)
    for (const [i, name] of names.entries()) {
      const sides = async (prefix: string) =>
        (await catalog.query(name, { prefix, limit: 1000 })).items.map(({ sk, value }) => [
          sk.slice(prefix.length),
          value,
        ])
      const left = await sides('left-')
      expect(left.length).toBeGreaterThanOrEqual(acknowledged[i] as number)
      expect(await sides('right-')).toEqual(left)
    }
    catalog.close()
  }
})

test('a file that a newer version wrote is refused and left alone', async () => {
  openSqliteCatalog(file).close()
  change('PRAGMA user_version = 2')
  expect(() => openSqliteCatalog(file)).toThrow(
    expect.objectContaining({
      code: 'CATALOG_TOO_NEW',
      message: `The catalog ${file} has format 2; this version of XenKeep knows 1.`,
    }),
  )
})

test("another program's database and a file that is none are refused and left alone", async () => {
  change('CREATE TABLE theirs (a)')
  expect(() => openSqliteCatalog(file)).toThrow(
    expect.objectContaining({
      code: 'CATALOG_UNUSABLE',
      message: `The catalog ${file} cannot be used: the file belongs to another program.`,
    }),
  )
  await writeFile(file, 'this is no database. '.repeat(500))
  expect(() => openSqliteCatalog(file)).toThrow(
    expect.objectContaining({
      code: 'CATALOG_UNUSABLE',
      message: `The catalog ${file} cannot be used: the file is damaged.`,
    }),
  )
})

test('a directory in its place is refused', async () => {
  await mkdir(file)
  expect(() => openSqliteCatalog(file)).toThrow(expect.objectContaining({ code: 'CATALOG_DENIED' }))
})

test('nobody but its owner may read the files', async () => {
  const catalog = openSqliteCatalog(join(directory, 'data', 'catalog.db'))
  await catalog.write([{ kind: 'put', key: { pk: 'a', sk: 'b' }, value: 1, expect: 'any' }])
  const files = await readdir(join(directory, 'data'))
  expect(files.sort()).toEqual(['catalog.db', 'catalog.db-shm', 'catalog.db-wal'])
  for (const name of ['.', ...files]) {
    expect((await stat(join(directory, 'data', name))).mode & 0o077, name).toBe(0)
  }
  catalog.close()
})

test('a lock that another process never lets go is told, and the next call may succeed', async () => {
  const catalog = openSqliteCatalog(file, { busyTimeout: 20 })
  const write = () =>
    catalog.write([{ kind: 'put', key: { pk: 'a', sk: 'b' }, value: 1, expect: 'any' }])
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await expect(write()).rejects.toMatchObject({
    code: 'CATALOG_UNAVAILABLE',
    message: 'The catalog did not record the change.',
    retryable: true,
  })
  expect(await catalog.get({ pk: 'a', sk: 'b' })).toBeUndefined()
  other.close()
  await write()
  catalog.close()
})
