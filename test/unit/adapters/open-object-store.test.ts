import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xenkeep-open-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('a directory is opened by path, by URL and relative to here, and made by the first put', async () => {
  const path = join(directory, 'new store')
  const addresses = [
    `file:${path}`,
    `file://${path.replace(' ', '%20')}`,
    `file:${relative('.', path)}`,
  ]
  for (const [i, address] of addresses.entries()) {
    const store = await openObjectStore(address)
    expect(store.address).toBe(`file:${path}`)
    expect(await Array.fromAsync(store.list(''))).toHaveLength(i)
    await store.put(`at/${i}`, [])
  }
})

test('a file is no directory', async () => {
  await writeFile(join(directory, 'file'), '')
  await expect(openObjectStore(`file:${directory}/file`)).rejects.toMatchObject({
    code: 'STORE_UNSUITABLE',
    message: `file:${directory}/file cannot hold a repository: it is no directory.`,
  })
})

test.each([
  ['s3://bucket', 's3://bucket'],
  ['s3://bucket/', 's3://bucket'],
  ['s3://my.bucket-1/a/b_c', 's3://my.bucket-1/a/b_c'],
  ['s3://bucket/a/b/', 's3://bucket/a/b'],
])('the bucket %s is opened as %s', async (address, opened) => {
  const store = await openObjectStore(address, { s3: { endpoint: 'http://127.0.0.1:1' } })
  expect(store.address).toBe(opened)
})

const REFUSED: [string, string][] = [
  ['', 'it begins with neither file: nor s3://'],
  ['/srv/backups', 'it begins with neither file: nor s3://'],
  ['file:', 'file: is followed by a directory'],
  [
    'file://server/share',
    'file:// is followed by a path of this machine, as in file:///srv/backups',
  ],
  ['sftp://host/dir', 'it begins with sftp:, and XenKeep knows file: and s3:// only'],
  ['s3:bucket', 'after s3:// comes a bucket name and maybe a prefix, nothing else'],
  ['s3://', 'after s3:// comes a bucket name and maybe a prefix, nothing else'],
  ['s3://Bucket', 'after s3:// comes a bucket name and maybe a prefix, nothing else'],
  [
    's3://AKIA:very-secret@bucket/a',
    'after s3:// comes a bucket name and maybe a prefix, nothing else',
  ],
  ['s3://bucket/a//b', 'the prefix in the bucket may hold only 0-9 A-Z a-z . _ - and /'],
  ['s3://bucket/../b', 'the prefix in the bucket may hold only 0-9 A-Z a-z . _ - and /'],
  ['s3://bucket/a?endpoint=x', 'the prefix in the bucket may hold only 0-9 A-Z a-z . _ - and /'],
]
test.each(REFUSED)('the address %j is refused', async (address, why) => {
  await expect(openObjectStore(address)).rejects.toMatchObject({
    code: 'STORE_ADDRESS_INVALID',
    message: `This is no address of a repository: ${why}.`,
  })
})
