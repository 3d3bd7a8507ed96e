// A process that puts objects into a directory store until it is killed. Arguments: directory, name. Prints the key of each put
// that was acknowledged. Each object begins with the SHA-256 of its rest.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'

const [directory = '', name = ''] = process.argv.slice(2)
const store = await openDirectoryStore(directory)
for (let i = 0; ; i++) {
  const rest = Buffer.alloc(1000 + (i % 7) * 100_000, `${name} ${i} `)
  const key = `written/${name}/${i % 5}/${String(i).padStart(6, '0')}`
  await store.put(key, [createHash('sha256').update(rest).digest(), rest])
  writeSync(1, `${key}\n`)
}
