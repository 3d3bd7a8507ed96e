// Runs in a mount namespace of its own, where the directory in the argument is a file system of 2 MiB, and fills it with a store and a
// catalog. Prints what happened as JSON.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'

const [directory = ''] = process.argv.slice(2)
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code, message }) => `${code}: ${message}`.replaceAll(directory, 'DIR'),
  )

const catalog = openSqliteCatalog(join(directory, 'catalog.db'))
const store = await openDirectoryStore(join(directory, 'store'))
const object = Buffer.alloc(300_000, 1)
const record = (sk: string) =>
  catalog.write([
    { kind: 'put', key: { pk: 'full', sk }, value: 'x'.repeat(100_000), expect: 'absent' },
    { kind: 'put', key: { pk: 'full', sk: `${sk}-too` }, value: sk, expect: 'absent' },
  ])

const puts: string[] = []
for (let i = 0; i < 10; i++) puts.push(await outcome(store.put(`a/${i}`, [object])))
const writes: string[] = []
for (let i = 0; i < 10; i++) writes.push(await outcome(record(`${i}`)))

const listed = await Array.fromAsync(store.list(''))
const staged = readdirSync(join(directory, 'store', '+staging'))
const items = (await catalog.query('full')).items.length

rmSync(join(directory, 'store', 'a', '0'))
const putAgain = await outcome(store.put('a/again', [object.subarray(0, 1000)]))
const writeAgain = await outcome(record('again'))

catalog.close()
execFileSync('mount', ['-o', 'remount,ro', directory])
const readOnly = {
  put: await outcome(store.put('b', [object.subarray(0, 10)])),
  get: await outcome(store.get('a/1')),
  reopen: await outcome(openDirectoryStore(join(directory, 'store'))),
  catalog: await outcome((async () => openSqliteCatalog(join(directory, 'catalog.db')))()),
}
console.log(
  JSON.stringify({
    puts,
    writes,
    sizes: listed.map(o => o.size),
    staged,
    items,
    putAgain,
    writeAgain,
    readOnly,
  }),
)
